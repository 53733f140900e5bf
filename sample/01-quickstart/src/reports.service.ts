import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { TaskClient, type AsyncResult } from 'nest-task-queue';
import { FilesTasks } from './files.tasks.js';
import { listFiles } from './list-files.js';
import type { Report } from './report.js';

export interface ReportState {
  readonly id: string;
  /** `STARTED` until the joining task stores a state of its own. */
  readonly state: string;
  /** Finished tasks of all that the report was fanned out into; known to the process that started it. */
  readonly progress?: { readonly done: number; readonly total: number };
  readonly error?: string;
}

interface StartedReport {
  done: number;
  total: number;
  error?: string;
}

/** Every fourth file is looked up at the third party. */
const LOOKED_UP_EVERY = 4;

/** Fans a report out into tasks, waits for them where nobody else has to, and has the results joined by one more. */
@Injectable()
export class ReportsService {
  private readonly started = new Map<string, StartedReport>();

  constructor(private readonly tasks: TaskClient) {}

  /** Returns at once with the id under which state, progress and result are found. */
  start(directory: string): string {
    const id = randomUUID();
    const report: StartedReport = { done: 0, total: 0 };
    this.started.set(id, report);
    this.fanOut(id, report, resolve(directory)).catch((error: unknown) => {
      report.error = String(error);
    });
    return id;
  }

  /** A report of an earlier process is found as well, once it has ended. */
  async find(id: string): Promise<ReportState | undefined> {
    const started = this.started.get(id);
    const result = this.tasks.result<Report>(id);
    const state = await result.state();
    if (started === undefined && state === 'PENDING') return undefined;
    const progress = started && { progress: { done: started.done, total: started.total } };
    if (started?.error !== undefined) return { id, state: 'FAILURE', ...progress, error: started.error };
    if (state === 'FAILURE') return { id, state, ...progress, error: String(await result.info()) };
    return { id, state: state === 'PENDING' ? 'STARTED' : state, ...progress };
  }

  result(id: string): Promise<Report> {
    return this.tasks.result<Report>(id).get();
  }

  private async fanOut(id: string, report: StartedReport, directory: string): Promise<void> {
    const tasks = this.tasks.for(FilesTasks);
    const { files, leftOut } = await listFiles(directory);
    const lookedUp = files.filter((_, at) => at % LOOKED_UP_EVERY === 0);
    report.total = files.length + lookedUp.length;

    const analyses = await this.tasks.sendMany(files.map((path) => tasks.analyze.s(path)));
    const lookups = await this.tasks.sendMany(lookedUp.map((path) => tasks.findLicence.s(path)));
    const [facts, licences] = await Promise.all([collect(report, analyses.results), collect(report, lookups.results)]);

    const failed = files.flatMap((path, at) => {
      const outcome = facts[at];
      return outcome instanceof Error ? [{ path, error: outcome.message }] : [];
    });
    const findings = { directory, facts: facts.filter(isValue), licences: licences.filter(isValue), failed, leftOut };
    await tasks.report.applyAsync([findings], { taskId: id });
  }
}

/** What each task returned, or the error it failed with; one that failed does not spoil the others. */
function collect<T>(report: StartedReport, results: readonly AsyncResult<T>[]): Promise<(T | Error)[]> {
  return Promise.all(
    results.map(async (result) => {
      const outcome = await result.get({ propagate: false });
      report.done += 1;
      return outcome;
    }),
  );
}

function isValue<T>(outcome: T | Error): outcome is T {
  return !(outcome instanceof Error);
}
