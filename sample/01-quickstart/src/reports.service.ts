import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { chord, TaskClient, type GroupResult } from 'nest-task-queue';
import { FilesTasks } from './files.tasks.js';
import { listFiles } from './list-files.js';
import type { Report } from './report.js';

export interface ReportState {
  readonly id: string;
  /** `STARTED` until the joining task stores a state of its own. */
  readonly state: string;
  /** Finished tasks of all that the report is joined from; known to the process that started it. */
  readonly progress?: { readonly done: number; readonly total: number };
  readonly error?: string;
}

interface StartedReport {
  progress: { readonly done: number; readonly total: number };
  error?: string;
}

/** Every fourth file is looked up at the third party. */
const LOOKED_UP_EVERY = 4;

/** Fans a report out into tasks and has one more join what they return: a chord, which needs this process no more once it is sent. */
@Injectable()
export class ReportsService {
  private readonly started = new Map<string, StartedReport>();

  constructor(private readonly tasks: TaskClient) {}

  /** Returns at once with the id under which state, progress and result are found. */
  start(directory: string): string {
    const id = randomUUID();
    const report: StartedReport = { progress: { done: 0, total: 0 } };
    this.started.set(id, report);
    this.send(id, report, resolve(directory)).catch((error: unknown) => {
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
    const progress = started && { progress: progressOf(started, state) };
    if (started?.error !== undefined) return { id, state: 'FAILURE', ...progress, error: started.error };
    if (state === 'FAILURE') return { id, state, ...progress, error: String(await result.info()) };
    return { id, state: state === 'PENDING' ? 'STARTED' : state, ...progress };
  }

  result(id: string): Promise<Report> {
    return this.tasks.result<Report>(id).get();
  }

  private async send(id: string, report: StartedReport, directory: string): Promise<void> {
    const { analyze, findLicence, report: join } = this.tasks.for(FilesTasks);
    const { files, leftOut } = await listFiles(directory);
    const lookedUp = files.filter((_, at) => at % LOOKED_UP_EVERY === 0);
    const members = [...files.map((path) => analyze.s(path)), ...lookedUp.map((path) => findLicence.s(path))];
    if (members.length === 0) return void (await join.applyAsync([[], directory, leftOut], { taskId: id }));
    report.progress = { done: 0, total: members.length };
    const sent = await this.tasks.apply(chord(members, join.s(directory, leftOut).set({ taskId: id })));
    const header = sent.parent as GroupResult;
    header.progress$.subscribe({
      next: ({ done, total }) => (report.progress = { done, total }),
      error: (error: unknown) => (report.error = String(error)),
    });
  }
}

/** The joining task is sent when all others are done, whether or not this process has heard of that. */
function progressOf({ progress }: StartedReport, state: string): StartedReport['progress'] {
  const isJoining = state !== 'PENDING' && state !== 'FAILURE';
  return isJoining ? { ...progress, done: progress.total } : progress;
}
