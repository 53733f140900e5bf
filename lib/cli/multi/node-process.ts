import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { sleep, systemClock } from '../../time/index.js';
import { isAlive } from '../pid-file.js';
import type { WorkerNode } from './nodes.js';

/** What came of starting a worker. */
export type StartOutcome =
  | { readonly as: 'ready'; readonly pid: number }
  | { readonly as: 'slow'; readonly pid: number }
  /** `said`: the end of what it wrote. */
  | { readonly as: 'failed'; readonly end: string; readonly said: string };

/** Longer than a worker waits for its server. */
const READY_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 50;
const LONGEST_TAIL = 4_096;

/**
 * Starts a worker as a process of its own that outlives this one, and waits until it consumes.
 * @param binFile the file that runs as `task-queue`
 */
export async function startNode({ args, logFile }: WorkerNode, binFile: string): Promise<StartOutcome> {
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a+');
  const begin = statSync(logFile).size;
  try {
    const child = spawn(process.execPath, [...process.execArgv, binFile, ...args], {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      windowsHide: true,
    });
    return await new Promise((resolve) => {
      const timer = systemClock.setTimer(() => leave({ as: 'slow', pid: child.pid as number }), READY_WITHIN_MS);
      const leave = (outcome: StartOutcome): void => {
        timer.cancel();
        child.removeAllListeners();
        if (child.connected) child.disconnect();
        child.unref();
        resolve(outcome);
      };
      child.once('message', () => leave({ as: 'ready', pid: child.pid as number }));
      child.once('error', (error) => leave({ as: 'failed', end: error.message, said: '' }));
      child.once('exit', (code, signal) => {
        const end = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
        leave({ as: 'failed', end, said: textFrom(log, begin) });
      });
    });
  } finally {
    closeSync(log);
  }
}

/** Resolves when none of the processes is there any more. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await sleep(systemClock, LOOK_EVERY_MS);
}

/** @returns whether the process was there to be signalled */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function textFrom(file: number, begin: number): string {
  const buffer = Buffer.alloc(LONGEST_TAIL);
  return buffer.toString('utf8', 0, readSync(file, buffer, 0, LONGEST_TAIL, begin)).trimEnd();
}
