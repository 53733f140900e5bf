import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { TaskClient, type AsyncResult } from 'nest-task-queue';
import type { FileFacts } from './analyze-file.js';
import { FilesTasks } from './files.tasks.js';
import type { Licence } from './licence-api.js';
import { listFiles } from './list-files.js';
import type { Report } from './report.js';

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Every fourth file is looked up at the third party. */
const LOOKED_UP_EVERY = 4;

/** Fans a report out into tasks, waits for them where nobody else has to, and has the results joined by one more. */
@Injectable()
export class ReportsService {
  private readonly progress = new Map<string, { done: number; total: number }>();
  private readonly failures = new Map<string, string>();

  constructor(private readonly tasks: TaskClient) {}

  /** Returns at once with the id under which state, progress and result are found. */
  start(directory: string): string {
    const id = randomUUID();
    this.progress.set(id, { done: 0, total: 0 });
    this.fanOut(id, resolve(directory)).catch((error: unknown) => this.failures.set(id, String(error)));
    return id;
  }

  async find(id: string): Promise<{ id: string; state: string; progress?: Progress; error?: string }> {
    const error = this.failures.get(id);
    if (error !== undefined) return { id, state: 'FAILURE', error };
    const state = await this.tasks.result(id).state();
    const progress = this.progress.get(id);
    return progress === undefined ? { id, state } : { id, state: state === 'PENDING' ? 'STARTED' : state, progress };
  }

  async result(id: string): Promise<Report | undefined> {
    const result = this.tasks.result<Report>(id);
    return (await result.ready()) ? result.get() : undefined;
  }

  private async fanOut(id: string, directory: string): Promise<void> {
    const files = this.tasks.for(FilesTasks);
    const paths = await listFiles(directory);
    const lookedUp = paths.filter((_, at) => at % LOOKED_UP_EVERY === 0);
    this.progress.set(id, { done: 0, total: paths.length + lookedUp.length });

    const { results: facts } = await this.tasks.sendMany(paths.map((path) => files.analyze.s(path)));
    const { results: licences } = await this.tasks.sendMany(lookedUp.map((path) => files.findLicence.s(path)));
    const results: [FileFacts[], Licence[]] = await Promise.all([this.collect(id, facts), this.collect(id, licences)]);
    await files.report.applyAsync([directory, ...results], { taskId: id });
  }

  private async collect<T>(id: string, results: readonly AsyncResult<T>[]): Promise<T[]> {
    return Promise.all(
      results.map(async (result) => {
        const value = await result.get();
        const progress = this.progress.get(id);
        if (progress !== undefined) progress.done += 1;
        return value;
      }),
    );
  }
}
