import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../lib/brokers/index.js';
import type { SendRequest } from '../../../lib/client/index.js';
import type { ReceptionSignals } from '../../../lib/events/index.js';
import { OutgoingEnvelope, readHead } from '../../../lib/protocol/index.js';
import { VirtualClock } from '../../../lib/time/index.js';
import { receive, type ReceptionRules } from '../../../lib/worker/reception.js';
import { KnownTasks } from '../../../lib/worker/known-tasks.js';
import { RevokedStamps } from '../../../lib/worker/revoked-stamps.js';
import { RevokedTasks } from '../../../lib/worker/revoked-tasks.js';
import type { TaskLog } from '../../../lib/worker/task-log.js';
import { UnrunDeliveries, type Hold } from '../../../lib/worker/unrun-deliveries.js';
import { setupFactory } from '../client/fakes.js';
import { traits } from './worker-rig.js';

const clock = new VirtualClock();
const NOW = clock.now();

function deliveryOf(request: Partial<SendRequest> = {}, more: Partial<Delivery> = {}): Delivery {
  const message = setupFactory({ clock }).create({ task: 'a', args: [], kwargs: {}, id: 'id-1', ...request });
  return {
    tag: 't',
    queue: 'celery',
    redelivered: false,
    losses: 0,
    message: new OutgoingEnvelope(message, 'tag'),
    ...more,
  };
}

function rules(more: Partial<ReceptionRules> = {}): ReceptionRules {
  return {
    tasks: new KnownTasks([traits()], {}),
    revoked: new RevokedTasks(),
    stamps: new RevokedStamps(),
    maxDeliveries: 3,
    unknownTask: 'dead-letter',
    readHead,
    checkBody: () => undefined,
    ...more,
  };
}

function revoked(...ids: string[]): RevokedTasks {
  const tasks = new RevokedTasks();
  tasks.add(ids);
  return tasks;
}

const unreadable = (): never => {
  throw new Error('no text');
};

describe('receive', () => {
  it('refuses what bears a revoked stamp, one of several too', () => {
    const stamps = new RevokedStamps();
    stamps.add('who', ['me', 7]);
    const verdictOf = (given: Readonly<Record<string, unknown>>) =>
      receive(deliveryOf({ stamps: given }), rules({ stamps }), NOW).as;

    expect([verdictOf({ who: 'me' }), verdictOf({ who: ['you', 7] })]).toEqual(['revoke', 'revoke']);
    expect([verdictOf({ who: 'you' }), verdictOf({ where: 'me' }), verdictOf({})]).toEqual(['run', 'run', 'run']);
  });

  it('runs what is due', () => {
    expect(receive(deliveryOf(), rules(), NOW)).toMatchObject({ as: 'run', head: { id: 'id-1' } });
    expect(receive(deliveryOf({ etaMs: NOW }), rules(), NOW)).toMatchObject({ as: 'run' });
  });

  it('parks what is not due yet', () => {
    expect(receive(deliveryOf({ etaMs: NOW + 1 }), rules(), NOW)).toMatchObject({ as: 'park', untilMs: NOW + 1 });
  });

  it('revokes what was revoked, also before it is due', () => {
    const verdict = receive(deliveryOf({ etaMs: NOW + 1 }), rules({ revoked: revoked('id-1') }), NOW);

    expect(verdict).toMatchObject({ as: 'revoke', error: { reason: 'revoked' } });
  });

  it('revokes what has expired, to the millisecond', () => {
    expect(receive(deliveryOf({ expiresMs: NOW }), rules(), NOW)).toMatchObject({
      as: 'revoke',
      error: { reason: 'expired' },
    });
    expect(receive(deliveryOf({ expiresMs: NOW + 1 }), rules(), NOW)).toMatchObject({ as: 'run' });
  });

  it('gives up what was lost as often as it may be', () => {
    expect(receive(deliveryOf({}, { losses: 2 }), rules(), NOW)).toMatchObject({ as: 'run' });
    expect(receive(deliveryOf({}, { losses: 3 }), rules(), NOW)).toMatchObject({
      as: 'give-up',
      error: { name: 'WorkerLostError' },
    });
  });

  it('says that it does not know a task, and what is done with it', () => {
    const verdict = receive(deliveryOf({ task: 'b' }), rules({ unknownTask: 'reject' }), NOW);

    expect(verdict).toMatchObject({ as: 'unknown', policy: 'reject', error: { taskName: 'b' } });
  });

  it('gives up what has no head', () => {
    const verdict = receive(deliveryOf(), rules({ readHead: unreadable }), NOW);

    expect(verdict).toMatchObject({ as: 'dead', reason: 'undecodable', error: { message: 'no text' } });
  });

  it('leaves a body alone, but that of a task that is acknowledged before it runs', () => {
    const early = new KnownTasks([traits({ acksLate: false })], {});

    expect(receive(deliveryOf(), rules({ checkBody: unreadable }), NOW)).toMatchObject({ as: 'run' });
    expect(receive(deliveryOf(), rules({ checkBody: unreadable, tasks: early }), NOW)).toMatchObject({
      as: 'dead',
      reason: 'undecodable',
      head: { task: 'a' },
    });
  });
});

describe('UnrunDeliveries', () => {
  it('stores the failure of what has a head and no body that can be read', async () => {
    const settled: unknown[][] = [];
    const hold = {
      settler: { settle: (...given: unknown[]) => Promise.resolve(settled.push(given)) },
      runner: undefined,
    } as unknown as Hold;
    const log = { undecodable: () => undefined } as unknown as TaskLog;
    const signals = { taskRejected: () => undefined } as unknown as ReceptionSignals;
    const unrun = new UnrunDeliveries(log, signals, undefined as never, undefined as never, clock);
    const early = new KnownTasks([traits({ acksLate: false })], {});

    for (const request of [{}, { ignoreResult: true }]) {
      const delivery = deliveryOf(request);
      const verdict = receive(delivery, rules({ checkBody: unreadable, tasks: early }), NOW);
      if (verdict.as !== 'run') await unrun.settle(delivery, verdict, hold);
    }

    expect(settled).toMatchObject([
      [{ as: 'dead', error: 'no text' }, [{ taskId: 'id-1', status: 'FAILURE' }]],
      [{ as: 'dead', error: 'no text' }, []],
    ]);
  });
});

describe('RevokedTasks', () => {
  it('forgets the oldest beyond 50 000', () => {
    const tasks = revoked('first', 'second');

    tasks.add(['first']); // revoked once more: it is the newer one now
    tasks.add(Array.from({ length: 49_999 }, (_, n) => `id-${n}`));

    const has = (id: string) => tasks.has({ id, rootId: undefined, groupId: undefined });
    expect([has('first'), has('second'), has('id-49998')]).toEqual([true, false, true]);
  });

  it('knows the tasks of a revoked workflow by their root or their group', () => {
    const tasks = revoked('workflow:r', 'a');
    const has = (id: string, rootId?: string, groupId?: string) => tasks.has({ id, rootId, groupId });

    expect([has('r'), has('b', 'r'), has('b', 'x', 'r'), has('a', 'x', 'y')]).toEqual([true, true, true, true]);
    expect([has('b'), has('b', 'x'), has('b', 'x', 'y'), has('b', 'a', 'a')]).toEqual([false, false, false, false]);
    expect(tasks.all()).toEqual(['workflow:r', 'a']);

    tasks.add(Array.from({ length: 49_999 }, (_, n) => `id-${n}`));
    expect([has('b', 'r'), has('a')]).toEqual([false, true]);
  });

  it('takes a task that somebody gave such an id for itself', () => {
    expect(revoked('workflow:r').has({ id: 'workflow:r', rootId: undefined, groupId: undefined })).toBe(true);
  });
});
