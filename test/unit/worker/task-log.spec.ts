import { describe, expect, it } from 'vitest';
import type { TaskReply } from '../../../lib/execution/index.js';
import { toWireError, type TaskHead } from '../../../lib/protocol/index.js';
import { TaskLog } from '../../../lib/worker/task-log.js';

const HEAD = { task: 'mail.send', id: '1' } as TaskHead;

function setup() {
  const lines: string[] = [];
  const write = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
  return { lines, log: new TaskLog({ log: write('log'), warn: write('warn'), error: write('error') }) };
}

describe('TaskLog', () => {
  it('tells a failure with its stack as JavaScript writes it, the innermost call first', () => {
    const { lines, log } = setup();
    const error = new Error('no such address');
    error.stack = `Error: no such address\n    at MailTasks.send (mail.ts:3:1)\n    at run (tracer.js:9:9)`;
    const { traceback } = toWireError(error);
    const reply = { outcome: 'failure', error: 'Error: no such address', traceback, expected: false, runtimeMs: 5 };

    log.finished(HEAD, reply as TaskReply);

    expect(lines).toEqual([
      'error Task mail.send[1] failed in 0.005 s: Error: no such address\n    at MailTasks.send (mail.ts:3:1)\n    at run (tracer.js:9:9)',
    ]);
  });

  it('does not speak of a loss where a worker interrupted the task itself', () => {
    const { lines, log } = setup();

    log.lost(HEAD, 'the pool was stopped', false);
    log.lost(HEAD, 'it exited with code 3', true);

    expect(lines).toEqual([
      'warn Task mail.send[1] was interrupted: the pool was stopped',
      'error Task mail.send[1] was lost with the process that ran it (it exited with code 3)',
    ]);
  });
});
