import { Injectable } from '@nestjs/common';
import { Ctx, every, Schedule, Task, TaskContext } from 'nest-task-queue';
import { analyzeFile, type FileFacts } from './analyze-file.js';
import { LicenceApi, LicenceApiError, type Licence } from './licence-api.js';
import { composeReport, type FailedFile, type Finding, type Report } from './report.js';

const MOST_RETRIES = 8;

@Injectable()
export class FilesTasks {
  constructor(private readonly licences: LicenceApi) {}

  /** CPU-heavy: one for each file, spread over the cores by the prefork pool. A file that cannot be read is a finding too: a task that failed would fail the report. */
  @Task({ name: 'files.analyze' })
  analyze(path: string): FileFacts | FailedFile {
    try {
      return analyzeFile(path);
    } catch (error) {
      return { path, error: String(error) };
    }
  }

  /** Calls a third party that fails and stalls: aborted after a second, tried again with back-off, and done without in the end. */
  @Task({
    name: 'files.find_licence',
    autoretryFor: [LicenceApiError],
    retryBackoff: true,
    retryBackoffMax: '4s',
    maxRetries: MOST_RETRIES,
    softTimeLimit: '1s',
  })
  async findLicence(path: string, @Ctx() context: TaskContext): Promise<Licence> {
    try {
      return await this.licences.find(path, context.signal);
    } catch (error) {
      if (context.retries < MOST_RETRIES) throw error;
      return { path, licence: null };
    }
  }

  /** Joins what the others return, ahead of what waits for other reports; its id is the one the HTTP API has answered with. */
  @Task({ name: 'files.report', priority: 9 })
  async report(
    findings: readonly Finding[],
    directory: string,
    leftOut: readonly string[],
    @Ctx() context: TaskContext,
  ): Promise<Report> {
    await context.progress({ step: 'composing', findings: findings.length });
    return composeReport(directory, findings, leftOut);
  }

  /** Periodic: each tick is sent once, however many workers run. */
  @Schedule(every('10s'))
  @Task({ name: 'files.check_licence_api', ignoreResult: true })
  async checkLicenceApi(): Promise<void> {
    await this.licences.logHealth();
  }
}
