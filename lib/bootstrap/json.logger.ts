import type { LogLevel } from '@nestjs/common';
import { inspect } from 'node:util';
import { systemClock } from '../time/index.js';
import { QuietLogger } from './quiet.logger.js';

/** Writes each line as one JSON object, in the form of Nest's own, with the fields of what is an object beside its `message`. */
export class JsonLogger extends QuietLogger {
  constructor(logLevels: LogLevel[]) {
    super({ logLevels, json: true, colors: false });
  }

  protected override printMessages(
    messages: unknown[],
    context = '',
    level: LogLevel = 'log',
    stream: 'stdout' | 'stderr' = 'stdout',
    stack?: unknown,
  ): void {
    for (const message of messages) {
      const line = {
        level,
        pid: process.pid,
        timestamp: Math.round(systemClock.now()),
        ...fieldsOf(message),
        ...(context !== '' && { context }),
        ...(stack !== undefined && { stack }),
      };
      process[stream].write(`${textOf(line)}\n`);
    }
  }
}

function fieldsOf(message: unknown): object {
  if (message instanceof Error) return { message: message.message, stack: message.stack };
  const hasFields = typeof message === 'object' && message !== null && 'message' in message;
  return hasFields ? message : { message };
}

function textOf(line: object): string {
  try {
    return JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  } catch {
    return JSON.stringify({ ...line, message: inspect(line) }, ['level', 'pid', 'timestamp', 'message', 'context']); // it holds itself, say
  }
}
