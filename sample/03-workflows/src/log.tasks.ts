import { Injectable } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { chord, Ctx, Task, TaskClient, TaskContext, TaskDefaults } from 'nest-task-queue';
import { add, analyze, cut, describe, type LogPart, type Traffic } from './access-log.js';
import { NoticeTasks } from './notice.tasks.js';

const LINES_A_PART = 30;

/** The steps of a pipeline. Each is a task by itself: where they stand in a workflow is said by who builds it. */
@Injectable()
@TaskDefaults({ namePrefix: 'logs.' })
export class LogTasks {
  constructor(private readonly tasks: TaskClient) {}

  /** Only the file says how many parts it has, so their chord takes the place of this task: the next step is given what its body returns. */
  @Task({ name: 'split' })
  async split(path: string, @Ctx() context: TaskContext): Promise<Traffic> {
    const { analyze: analyzePart, join } = this.tasks.for(LogTasks);
    const { setAside } = this.tasks.for(NoticeTasks);
    const parts = cut(basename(path), await readFile(path, 'utf8'), LINES_A_PART);
    return context.replace(
      chord(
        parts.map((part) => analyzePart.s(part).linkError(setAside.s(part.file, part.firstLine))), // for each member that fails
        join.s(),
      ),
    );
  }

  @Task({ name: 'analyze' })
  analyze(part: LogPart): Traffic {
    return analyze(part);
  }

  @Task({ name: 'join' })
  join(parts: readonly Traffic[]): Traffic {
    return add(parts);
  }

  @Task({ name: 'report' })
  report(traffic: Traffic, file: string): string {
    return describe(file, traffic);
  }
}
