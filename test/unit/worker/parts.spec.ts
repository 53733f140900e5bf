import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../lib/brokers/index.js';
import { Cancellation } from '../../../lib/pools/index.js';
import { cancelUnstarted, InFlightTable, type InFlight } from '../../../lib/worker/in-flight.js';
import { disposeReply, storesFailure } from '../../../lib/worker/outcome-table.js';
import { SuspectGate } from '../../../lib/worker/suspect-gate.js';
import { reply, traits } from './worker-rig.js';

describe('disposeReply', () => {
  it.each(['success', 'retry', 'ignored', 'failure'] as const)('acknowledges %s', (outcome) => {
    expect(disposeReply(reply(outcome), traits())).toEqual({ as: 'ack' });
  });

  it('dead-letters a failure where the task asks for it', () => {
    const fate = disposeReply(reply('failure', { error: 'broken' }), traits({ acksOnFailure: false }));

    expect(fate).toEqual({ as: 'dead', reason: 'rejected', error: 'broken' });
  });

  it.each(['success', 'retry', 'ignored'] as const)('acknowledges %s even then', (outcome) => {
    expect(disposeReply(reply(outcome), traits({ acksOnFailure: false }))).toEqual({ as: 'ack' });
  });

  it('dead-letters what was rejected, or gives it back uncharged', () => {
    expect(disposeReply(reply('rejected', { error: 'no' }), traits())).toEqual({
      as: 'dead',
      reason: 'rejected',
      error: 'no',
    });
    expect(disposeReply(reply('rejected', { requeue: true }), traits())).toEqual({ as: 'requeue', charge: false });
  });

  it('dead-letters what cannot be decoded', () => {
    const fate = disposeReply(reply('undecodable', { error: 'no JSON' }), traits());

    expect(fate).toEqual({ as: 'dead', reason: 'undecodable', error: 'no JSON' });
  });
});

describe('storesFailure', () => {
  it.each([
    [{}, undefined, true],
    [{ ignoreResult: true }, undefined, false],
    [{ ignoreResult: true }, false, false], // as Python writes it, which knows nothing of the task
    [{}, false, true],
    [{}, true, false],
    [{ ignoreResult: true, storeErrorsEvenIfIgnored: true }, undefined, true],
    [{ storeErrorsEvenIfIgnored: true }, true, true],
  ])('for a task of %j whose sender says %s: %s', (declared, asked, stored) => {
    expect(storesFailure(traits(declared), asked)).toBe(stored);
  });
});

describe('SuspectGate', () => {
  function gated(limit: number, count: number) {
    const gate = new SuspectGate(() => limit);
    const started: number[] = [];
    const finish: (() => void)[] = [];
    const passed = Array.from({ length: count }, (_, n) =>
      gate.pass(async () => {
        started.push(n);
        await new Promise<void>((resolve) => (finish[n] = resolve));
      }),
    );
    return { gate, started, finish, passed };
  }

  it('lets as many through as it may, the others in their order', async () => {
    const { started, finish, passed } = gated(2, 4);

    const first = [...started];
    finish[1]?.();
    await passed[1];

    expect([first, started]).toEqual([
      [0, 1],
      [0, 1, 2],
    ]);
  });

  it('lets the next one through when one fails', async () => {
    const gate = new SuspectGate(() => 1);

    const failing = gate.pass(() => Promise.reject(new Error('lost')));
    const next = gate.pass(() => Promise.resolve('through'));

    await expect(failing).rejects.toThrow('lost');
    expect(await next).toBe('through');
  });

  it('lets more through when its limit has grown, as soon as one has passed', async () => {
    let limit = 1;
    const gate = new SuspectGate(() => limit);
    const started: number[] = [];
    const finish: (() => void)[] = [];
    const passed = [0, 1, 2, 3].map((n) =>
      gate.pass(() => {
        started.push(n);
        return new Promise<void>((resolve) => (finish[n] = resolve));
      }),
    );

    limit = 2;
    finish[0]?.();
    await passed[0];

    expect(started).toEqual([0, 1, 2]);
  });

  it('is free again after all have passed', async () => {
    const { gate, finish, passed } = gated(1, 1);
    finish[0]?.();
    await Promise.all(passed);

    expect(await gate.pass(() => Promise.resolve('at once'))).toBe('at once');
  });
});

describe('InFlightTable', () => {
  function entry(tag: string, more: Partial<InFlight> = {}): InFlight {
    return {
      delivery: { tag } as Delivery,
      head: {} as InFlight['head'],
      traits: traits(),
      cancellation: new Cancellation(),
      handedAtMs: 0,
      startedAtMs: undefined,
      pid: undefined,
      isAckedEarly: false,
      cancelledAs: undefined,
      isTold: false,
      hasEnded: false,
      ...more,
    };
  }

  it('knows what has not begun, oldest first', () => {
    const table = new InFlightTable();
    const entries = [entry('1'), entry('2', { startedAtMs: 0 }), entry('3')];
    for (const each of entries) table.add(each);

    table.remove(entries[0]!);

    expect([...table.unstarted()].map(({ delivery }) => delivery.tag)).toEqual(['3']);
    expect([table.size, [...table].length]).toEqual([2, 2]);
  });

  it('wakes all who wait when something ends', async () => {
    const table = new InFlightTable();
    const only = entry('1');
    table.add(only);

    const waiting = [table.changed(), table.changed()];
    table.remove(only);

    await expect(Promise.all(waiting)).resolves.toHaveLength(2);
  });

  it('cancels only what has not begun, and releases only what is still held', () => {
    const [waiting, begun, early] = [entry('1'), entry('2', { startedAtMs: 0 }), entry('3', { isAckedEarly: true })];

    const released = [waiting, begun, early].map((each) => cancelUnstarted(each, 'release'));
    const revoked = cancelUnstarted(early, 'revoke');

    expect([released, revoked]).toEqual([[true, false, false], true]);
    expect([waiting, begun, early].map(({ cancellation }) => cancellation.isRequested)).toEqual([true, false, true]);
  });

  it('keeps the first reason of a cancellation', () => {
    const only = entry('1');

    cancelUnstarted(only, 'revoke');
    cancelUnstarted(only, 'release');

    expect(only.cancelledAs).toBe('revoke');
  });
});
