import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { onTestFinished } from 'vitest';
import type { TaskClient } from '../../../lib/client/index.js';
import { getTaskClientToken } from '../../../lib/nest/index.js';
import { TaskWorkerFactory, type WorkerRunOptions } from '../../../lib/bootstrap/index.js';

let serial = 0;

/** A broker of its own, that the applications of one case share. */
export function ownBroker(): string {
  return `memory:e2e-nest-${process.pid}-${++serial}`;
}

const SILENT = { log() {}, warn() {}, error() {} };

/** A sending application and a worker, each with a context of its own, as the two processes of an application have. */
export async function start(module: Type, options: WorkerRunOptions = {}) {
  const web = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const worker = await TaskWorkerFactory.create(module, { pool: 'async', logger: SILENT, ...options });
  return {
    tasks: web.get<TaskClient>(getTaskClientToken(options.instance)),
    end: async (): Promise<void> => {
      await worker.stop('warm');
      await web.close();
    },
  };
}

/**
 * As `start`; both end with the test.
 * @returns the client of the one that sends
 */
export async function run(module: Type, options: WorkerRunOptions = {}): Promise<TaskClient> {
  const { tasks, end } = await start(module, options);
  onTestFinished(end);
  return tasks;
}
