import { Worker } from 'node:worker_threads';

import { RECALL_SOURCE, type Claims } from './claims.js';

/**
 * Runs in a child process beside its main thread, which a job may keep busy for minutes. At the end of its pipe, which only the supervisor's death can bring, it
 * kills the process; and it gives queued jobs back for which the supervisor asks. It waits on an event loop rather than in a blocking read, which would keep
 * `process.exit()` from ending the process.
 */
const SOURCE = `
const { Socket } = require('node:net');
const { workerData } = require('node:worker_threads');
const recall = ${RECALL_SOURCE};
const cells = new Int32Array(workerData.claims);
const socket = new Socket({ fd: workerData.fd, readable: true, writable: true });
const die = () => process.kill(process.pid, 'SIGKILL');
let rest = '';
socket.setEncoding('latin1');
socket.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  let answer = '';
  for (const line of lines) {
    const [cell, turn] = line.split('\\t').map(Number);
    answer += line + '\\t' + (recall(cells, cell, turn) ? 1 : 0) + '\\n';
  }
  if (answer) socket.write(answer);
});
socket.on('end', die);
socket.on('close', die);
socket.on('error', die);
`;

/** Starts it. It keeps neither the process alive nor an ending one from ending. */
export function startWatchdog(fd: number, claims: Claims): void {
  const thread = new Worker(SOURCE, {
    eval: true,
    name: 'task queue watchdog',
    workerData: { fd, claims: claims.memory },
    // Nothing of the application's is loaded here: neither its loaders nor what NODE_OPTIONS preloads.
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  thread.unref();
}
