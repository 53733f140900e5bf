import 'reflect-metadata';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AppModule } from './app.module.js';
import { readCommandLine } from './command-line.js';
import { startNoticeBoardStub } from './notice-board.stub.js';
import { PipelinesService } from './pipelines.service.js';
import { startWorker } from './worker-process.js';

/** Starts the stub of the third party and, as a process of its own, the worker; sends the workflows, waits for their end and says what came of them. */
async function main(paths: readonly string[]): Promise<void> {
  const stops: (() => unknown)[] = [useStoreOfThisRun()];
  let ending: Promise<void> | undefined;
  const end = (code: number): Promise<void> => (ending ??= stopAll(stops).then(() => process.exit(code)));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(1));

  try {
    const board = await startNoticeBoardStub();
    stops.unshift(() => board.close());
    process.env['NOTICE_BOARD_URL'] = board.url;
    const worker = startWorker();
    stops.unshift(() => worker.stop());
    void worker.ended.then((how) => {
      if (ending !== undefined) return;
      console.error(`The worker ended (${how}); its log above says why`);
      void end(1);
    });
    const app = await NestFactory.createApplicationContext(AppModule, {
      logger: new ConsoleLogger({ logLevels: ['error', 'fatal'] }),
    });
    stops.unshift(() => app.close());

    const reports = await app.get(PipelinesService).run(paths);
    for (const [at, path] of paths.entries()) console.log(reportOf(path, reports[at]));
    const lines = board.notices.map(({ kind, file, text }) => `${kind.padEnd(9)}  ${file}  ${text}`);
    console.log(['', 'Notices, of which each is a task:', ...lines.sort()].join('\n'));
    await end(0);
  } catch (error) {
    if (ending !== undefined) return;
    console.error(error);
    await end(1);
  }
}

function reportOf(path: string, report: string | Error | undefined): string {
  return report instanceof Error ? `${basename(path)}: no report` : String(report);
}

async function stopAll(stops: readonly (() => unknown)[]): Promise<void> {
  for (const stop of stops) await stop();
}

/** The embedded default in a folder of this run: what a killed run has left, or one beside this does, is not mixed with it. */
function useStoreOfThisRun(): () => void {
  if (process.env['TASK_QUEUE_BROKER_URL']) return () => undefined;
  const folder = mkdtempSync(join(tmpdir(), 'workflows-'));
  process.env['TASK_QUEUE_BROKER_URL'] = `embedded:${folder}`;
  return () => rmSync(folder, { recursive: true, force: true });
}

try {
  await main(readCommandLine(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
