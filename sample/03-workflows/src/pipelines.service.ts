import { Injectable } from '@nestjs/common';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chain, group, TaskClient } from 'nest-task-queue';
import { LogTasks } from './log.tasks.js';
import { NoticeTasks } from './notice.tasks.js';

const QUEUE = 'celery';

/** Builds the workflows, sends them and follows them. */
@Injectable()
export class PipelinesService {
  constructor(private readonly tasks: TaskClient) {}

  /** One pipeline a file, side by side. @returns the report of each file; an error where there is none */
  async run(paths: readonly string[]): Promise<readonly (string | Error)[]> {
    const result = await this.tasks.apply(group(paths.map((path) => this.pipeline(path))));
    const reports = await result.get({ propagate: false });
    await this.drained();
    return reports;
  }

  private pipeline(path: string) {
    const { split, report } = this.tasks.for(LogTasks);
    const { ready, apologize } = this.tasks.for(NoticeTasks);
    const file = basename(path);
    return chain(split.s(path), report.s(file), ready.s(file)).linkError(apologize.s(file)); // once for all of it
  }

  /** Error handlers are sent in the step that ends what has failed: once the queue is empty, all of them have run. */
  private async drained(): Promise<void> {
    for (;;) {
      const { waiting, held, parked } = await this.tasks.queues.stats(QUEUE);
      if (waiting + held + parked === 0) return;
      await pause(50);
    }
  }
}
