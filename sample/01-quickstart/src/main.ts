import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ConsoleLogger } from '@nestjs/common';
import { AppModule } from './app.module.js';
import { startLicenceApiStub } from './licence-api.stub.js';
import { formatReport, type Report } from './report.js';

/** The web process. It starts the stub of the third party and, as a process of its own, the worker; then it asks itself for a first report, over HTTP. */
const args = process.argv.slice(2);
const exits = args.includes('--exit');
const directory = args.find((arg) => !arg.startsWith('--')) ?? process.cwd();

const stub = await startLicenceApiStub();
process.env['LICENCE_API_URL'] = stub.url;

const worker = spawn(process.execPath, [fileURLToPath(new URL('./worker.js', import.meta.url))], {
  stdio: ['ignore', 2, 2], // its log goes to standard error; standard output has the report alone
  env: process.env,
});
const workerEnd = once(worker, 'exit');

const app = await NestFactory.create(AppModule, {
  logger: new ConsoleLogger({ logLevels: ['warn', 'error', 'fatal'] }),
});
await app.listen(Number(process.env['PORT'] ?? (exits ? 0 : 3000)), '127.0.0.1');
const url = await app.getUrl();
console.error(`Web process ${process.pid} serves ${url}, worker process ${worker.pid} runs its tasks`);

let isEnding = false;
async function end(code: number): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  if (worker.exitCode === null) worker.kill('SIGTERM');
  await workerEnd;
  await app.close();
  stub.close();
  process.exitCode = code;
}
process.on('SIGINT', () => void end(0));
process.on('SIGTERM', () => void end(0));
void workerEnd.then(([code, signal]) => {
  if (isEnding) return;
  console.error(`The worker ended with ${signal ?? `code ${code}`}; its log above says why`);
  void end(1);
});

try {
  console.log(formatReport(await firstReport()));
  if (exits) await end(0);
  else help();
} catch (error) {
  if (!isEnding) {
    console.error(error);
    await end(1);
  }
}

async function firstReport(): Promise<Report> {
  const accepted = await fetch(`${url}/reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ directory }),
  });
  const { id, state, result } = (await accepted.json()) as { id: string; state: string; result: string };
  console.error(`POST /reports answered ${accepted.status} with id ${id}`);

  for (let shown = ''; ;) {
    const report = (await (await fetch(url + state)).json()) as { state: string; error?: string; progress?: object };
    const line = `${report.state} ${JSON.stringify(report.progress ?? {})}`;
    if (line !== shown) console.error(`GET ${state}: ${line}`);
    shown = line;
    if (report.state === 'SUCCESS') return (await (await fetch(url + result)).json()) as Report;
    if (report.state === 'FAILURE')
      throw new Error(`The report failed: ${report.error ?? 'see the log of the worker'}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function help(): void {
  console.error(
    [
      '',
      'The report is above. The web process and the worker go on; try, from another terminal:',
      `  curl -i -X POST ${url}/reports -H 'content-type: application/json' -d '{"directory": "/usr/share/doc/bash"}'`,
      `  curl ${url}/reports/<id>`,
      `  curl ${url}/reports/<id>/result`,
      'Ctrl-C ends both.',
    ].join('\n'),
  );
}
