import { describe, expect, it } from 'vitest';
import { SoftTimeLimitExceeded, TaskDeclarationError } from '../../../lib/errors/index.js';
import { TaskRegistry } from '../../../lib/execution/index.js';
import { StateWriter } from '../../../lib/execution/state-writer.js';
import { codeOf, isCausedByAbort, isOneOf, toOneLine } from '../../../lib/execution/thrown.js';
import type { ResultRecord } from '../../../lib/protocol/index.js';
import { runnable } from './rig.js';

describe('TaskRegistry', () => {
  it('finds tasks by name, and the nearest of a misspelt one', () => {
    const registry = new TaskRegistry([runnable('billing.send', () => 1), runnable('billing.close', () => 1)]);

    expect(registry.get('billing.send')?.name).toBe('billing.send');
    expect(registry.get('constructor')).toBeUndefined();
    expect(registry.names()).toEqual(['billing.send', 'billing.close']);
    expect(registry.nearest('billing.sent')).toBe('billing.send');
  });

  it('refuses two tasks of one name, naming both', () => {
    const twin = { ...runnable('a', () => 1), location: 'Other.method' };

    expect(() => new TaskRegistry([runnable('a', () => 1), twin])).toThrow(TaskDeclarationError);
    expect(() => new TaskRegistry([runnable('a', () => 1), twin])).toThrow(/Other\.method.*Tasks\.a/);
  });
});

describe('what was thrown', () => {
  const trap = new Proxy(
    {},
    {
      get: () => {
        throw new Error('trap');
      },
      getPrototypeOf: () => {
        throw new Error('trap');
      },
    },
  );

  it('is looked at without harm, whatever it is', () => {
    for (const thrown of [undefined, null, 5, 'text', Symbol('s'), trap, Object.create(null)]) {
      expect(codeOf(thrown)).toBeUndefined();
      expect(isOneOf(thrown, [Error])).toBe(false);
      expect(isCausedByAbort(thrown, new Error('reason'))).toBe(false);
      expect(toOneLine(thrown)).not.toContain('\n');
    }
  });

  it('is of a class also when it comes from another copy of this library', () => {
    const twin = Object.assign(new Error('x'), { name: 'SoftTimeLimitExceeded', code: 'TQ_SOFT_TIME_LIMIT_EXCEEDED' });
    const stranger = Object.assign(new Error('x'), { name: 'SoftTimeLimitExceeded' });

    expect(isOneOf(twin, [SoftTimeLimitExceeded])).toBe(true);
    expect(isOneOf(stranger, [SoftTimeLimitExceeded])).toBe(false);
  });

  it('is shown in one line of bounded length', () => {
    expect(toOneLine(new Error('two\n  lines'))).toBe('Error: two lines');
    expect(toOneLine(new Error('x'.repeat(5_000))).length).toBeLessThan(1_010);
  });
});

describe('StateWriter', () => {
  const record = (result: string) => ({ taskId: 'a', status: 'PROGRESS', result }) as ResultRecord;

  it('writes one at a time, the newest last, also when the store throws at once', async () => {
    const written: string[] = [];
    const warned: string[] = [];
    const writer = new StateWriter(
      (records) => {
        if (records[0]!.result === '2') throw new Error('at once');
        written.push(records[0]!.result);
        return Promise.resolve();
      },
      (message) => warned.push(message),
    );

    await writer.write(record('1'));
    await writer.write(record('2'));
    const third = writer.write(record('3'));
    void writer.write(record('4'));
    await Promise.all([third, writer.close()]);
    await writer.write(record('5'));

    expect(written).toEqual(['1', '3', '4']);
    expect(warned).toHaveLength(1);
    expect(writer.close()).toBeUndefined();
  });
});
