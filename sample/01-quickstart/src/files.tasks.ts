import { Injectable } from '@nestjs/common';
import { Ctx, every, Schedule, Task, TaskContext } from 'nest-task-queue';
import { analyzeFile, type FileFacts } from './analyze-file.js';
import { LicenceApi, LicenceApiError, type Licence } from './licence-api.js';
import { composeReport, type Findings, type Report } from './report.js';

@Injectable()
export class FilesTasks {
  constructor(private readonly licences: LicenceApi) {}

  /** CPU-heavy: one for each file, spread over the cores by the prefork pool. */
  @Task({ name: 'files.analyze' })
  analyze(path: string): FileFacts {
    return analyzeFile(path);
  }

  /** Calls a third party that fails and stalls: aborted after a second, tried again with back-off. */
  @Task({
    name: 'files.find_licence',
    autoretryFor: [LicenceApiError],
    retryBackoff: true,
    retryBackoffMax: '4s',
    maxRetries: 8,
    softTimeLimit: '1s',
  })
  async findLicence(path: string, @Ctx() context: TaskContext): Promise<Licence> {
    return this.licences.find(path, context.signal);
  }

  /** Joins the results, ahead of what waits for other reports; its id is the one the HTTP API has answered with. */
  @Task({ name: 'files.report', priority: 9 })
  async report(findings: Findings, @Ctx() context: TaskContext): Promise<Report> {
    await context.progress({ step: 'composing', files: findings.facts.length });
    return composeReport(findings);
  }

  /** Periodic: each tick is sent once, however many workers run. */
  @Schedule(every('10s'))
  @Task({ name: 'files.check_licence_api', ignoreResult: true })
  async checkLicenceApi(): Promise<void> {
    await this.licences.logHealth();
  }
}
