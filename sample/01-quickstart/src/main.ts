import 'reflect-metadata';
import { ConsoleLogger, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppModule } from './app.module.js';
import { readCommandLine, type CommandLine } from './command-line.js';
import { startLicenceApiStub } from './licence-api.stub.js';
import { formatReport } from './report.js';
import { requestReport } from './request-report.js';
import { startWorker, type WorkerProcess } from './worker-process.js';

/** The web process. It starts the stub of the third party and, as a process of its own, the worker; then it asks itself for a first report, over HTTP. */
async function main({ directory, exits }: CommandLine): Promise<void> {
  const removeStore = useStoreOfThisRun();
  const stub = await startLicenceApiStub();
  process.env['LICENCE_API_URL'] = stub.url;
  let worker: WorkerProcess | undefined;
  let app: INestApplication | undefined;
  let isEnding = false;

  async function end(code: number): Promise<void> {
    if (isEnding) return worker?.stop();
    isEnding = true;
    await worker?.stop();
    await app?.close();
    stub.close();
    removeStore();
    process.stdout.write('', () => process.exit(code)); // once all before it is written
  }
  // Before there is a worker: a signal that came in between would end this process and leave that one behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(exits ? 1 : 0));
  worker = startWorker();
  const { pid: workerPid } = worker;
  void worker.ended.then((how) => {
    if (isEnding) return;
    console.error(`The worker ended (${how}); its log above says why`);
    void end(1);
  });

  try {
    app = await NestFactory.create(AppModule, {
      logger: new ConsoleLogger({ logLevels: ['error', 'fatal'] }),
    });
    const url = await listen(app, exits);
    console.error(`Web process ${process.pid} serves ${url}, worker process ${workerPid} runs its tasks`);
    console.log(formatReport(await requestReport(url, directory)));
    if (exits) await end(0);
    else console.error(help(url, directory));
  } catch (error) {
    if (isEnding) return;
    console.error(error);
    await end(1);
  }
}

/** On `PORT`; else on 3000, or any other where that is taken. */
async function listen(app: INestApplication, exits: boolean): Promise<string> {
  const port = process.env['PORT'];
  try {
    await app.listen(Number(port ?? (exits ? 0 : 3000)), '127.0.0.1');
  } catch (error) {
    if (port !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await app.listen(0, '127.0.0.1');
  }
  return app.getUrl();
}

/** The embedded default in a folder of this run: what a killed run has left, or one beside this does, is not mixed with it. */
function useStoreOfThisRun(): () => void {
  if (process.env['TASK_QUEUE_BROKER_URL']) return () => undefined;
  const folder = mkdtempSync(join(tmpdir(), 'quickstart-'));
  process.env['TASK_QUEUE_BROKER_URL'] = `embedded:${folder}`;
  return () => rmSync(folder, { recursive: true, force: true });
}

function help(url: string, directory: string): string {
  const body = JSON.stringify({ directory }).replaceAll("'", String.raw`'\''`);
  return `
The report is above. The web process and the worker go on; try, from another terminal:
  curl -i -X POST ${url}/reports -H 'content-type: application/json' -d '${body}'
  curl ${url}/reports/<id>
  curl ${url}/reports/<id>/result
Ctrl-C ends both.`;
}

try {
  await main(readCommandLine(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
