import { Injectable } from '@nestjs/common';
import { Task, TaskClient, TaskDefaults } from 'nest-task-queue';
import { NoticeBoard, NoticeBoardError } from './notice-board.js';

/** Tells people, through a third party: what went well, and what did not. */
@Injectable()
@TaskDefaults({ namePrefix: 'notices.', autoretryFor: [NoticeBoardError], retryBackoff: true, maxRetries: 8 })
export class NoticeTasks {
  constructor(
    private readonly board: NoticeBoard,
    private readonly tasks: TaskClient,
  ) {}

  /** The last step of a pipeline. */
  @Task({ name: 'ready' })
  async ready(report: string, file: string): Promise<string> {
    await this.board.post({ kind: 'ready', file, text: report });
    return report;
  }

  /** The error handler of one member: runs for each part that fails. */
  @Task({ name: 'set_aside' })
  async setAside(failedId: string, file: string, firstLine: number): Promise<void> {
    await this.board.post({
      kind: 'set aside',
      file,
      text: `part from line ${firstLine}: ${await this.reason(failedId)}`,
    });
  }

  /** The error handler of a workflow: runs once, whichever step it was, and however many parts of it have failed. */
  @Task({ name: 'apologize' })
  async apologize(failedId: string, file: string): Promise<void> {
    await this.board.post({ kind: 'no report', file, text: await this.reason(failedId) });
  }

  private async reason(failedId: string): Promise<string> {
    const error = await this.tasks.result(failedId).info();
    return error instanceof Error ? error.message : String(error);
  }
}
