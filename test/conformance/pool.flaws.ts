import { Cancellation, type PoolOutcome, type RunOptions } from '../../lib/pools/index.js';
import type { Body } from '../integration/pools/fixtures/bodies.js';
import type { TestedPool } from './pool.bench.js';

/** A broken promise, and the case of the suite that must notice it. */
export interface PoolFlaw {
  readonly name: string;
  readonly caughtBy: string;
  /** @param sound a pool that keeps its promises */
  readonly spoil: (sound: TestedPool) => Partial<TestedPool>;
}

/** Changes what `run` resolves with. */
function outcomes(change: (outcome: PoolOutcome<unknown>) => PoolOutcome<unknown>): PoolFlaw['spoil'] {
  return (sound) => ({ run: async (body, options) => change(await sound.run(body, options)) });
}

/** Changes what `run` is given. */
function given(change: (body: Body, options: RunOptions) => RunOptions): PoolFlaw['spoil'] {
  return (sound) => ({ run: (body, options = {}) => sound.run(body, change(body, options)) });
}

export const poolFlaws: readonly PoolFlaw[] = [
  {
    name: 'loses every reply',
    caughtBy: 'resolves with the reply of the body',
    spoil: outcomes((outcome) => (outcome.as === 'done' ? { as: 'done', reply: undefined } : outcome)),
  },
  {
    name: 'gives each job the reply of the one before',
    caughtBy: 'resolves with the reply of the body',
    spoil: (sound) => {
      let before: PoolOutcome<unknown> = { as: 'done', reply: null };
      return {
        run: async (body, options) => {
          const outcome = await sound.run(body, options);
          const mixedUp = before;
          before = outcome;
          return mixedUp;
        },
      };
    },
  },
  {
    name: 'tells the outcome of a submitted job twice',
    caughtBy: 'tells the outcome of a submitted job, once',
    spoil: (sound) => ({
      submit: (body, options, onEnd) =>
        sound.submit(body, options, (outcome) => {
          onEnd(outcome);
          onEnd(outcome);
        }),
    }),
  },
  {
    name: 'drops what comes before its start',
    caughtBy: 'keeps jobs that come before its start',
    spoil: (sound) => {
      let hasStarted = false;
      return {
        start: () => {
          hasStarted = true;
          return sound.start();
        },
        run: (body, options) => (hasStarted ? sound.run(body, options) : new Promise(() => undefined)),
      };
    },
  },
  {
    name: 'tells twice that a body begins',
    caughtBy: 'tells once that a body begins, before it ends, with the process that runs it',
    spoil: given((_, options) => ({
      ...options,
      onStarted: (where) => {
        options.onStarted?.(where);
        options.onStarted?.(where);
      },
    })),
  },
  {
    name: 'does not tell that a body begins',
    caughtBy: 'tells once that a body begins, before it ends, with the process that runs it',
    spoil: given((_, { onStarted: _onStarted, ...options }) => options),
  },
  {
    name: 'cannot be cancelled',
    caughtBy: 'ends a job that waits when it is cancelled, and never runs it',
    spoil: given((_, { cancellation: _cancellation, ...options }) => options),
  },
  {
    name: 'calls a cancelled job started',
    caughtBy: 'ends a job that waits when it is cancelled, and never runs it',
    spoil: outcomes((outcome) => (outcome.as === 'lost' ? { ...outcome, started: true } : outcome)),
  },
  {
    name: 'charges whoever is lost',
    caughtBy: 'stops at once when told to, charging nobody, also while it drains',
    spoil: outcomes((outcome) => (outcome.as === 'lost' ? { ...outcome, charged: true } : outcome)),
  },
  {
    name: 'charges nobody',
    caughtBy: 'ends a job as lost and charged when its runner breaks its promise, and goes on',
    spoil: outcomes((outcome) => (outcome.as === 'lost' ? { ...outcome, charged: false } : outcome)),
  },
  {
    name: 'forgets the reason of a cancel',
    caughtBy: 'aborts the signal of a running body with the same reason, and takes its reply',
    spoil: given((_, options) => {
      const nameless = new Cancellation();
      options.cancellation?.onRequest(() => nameless.request());
      return { ...options, cancellation: nameless };
    }),
  },
  {
    name: 'asks a body to end that it should terminate',
    caughtBy: 'ends a running body when its cancellation terminates, also one cancelled before, and goes on',
    spoil: given((_, options) => {
      const polite = new Cancellation();
      options.cancellation?.onRequest((reason) => polite.request(reason));
      return { ...options, cancellation: polite };
    }),
  },
  {
    name: 'calls a terminated body lost',
    caughtBy: 'ends a running body when its cancellation terminates, also one cancelled before, and goes on',
    spoil: outcomes((outcome) =>
      outcome.as === 'terminated' ? { as: 'lost', started: true, charged: false, reason: 'it was killed' } : outcome,
    ),
  },
  {
    name: 'has no hard limits',
    caughtBy: 'ends a body at its hard limit, and goes on',
    spoil: given((_, { timeLimitMs: _timeLimitMs, ...options }) => options),
  },
  {
    name: 'rejects for a body that broke',
    caughtBy: 'ends a job as lost and charged when its runner breaks its promise, and goes on',
    spoil: outcomes((outcome) => {
      if (outcome.as === 'lost' && outcome.charged) throw new Error(outcome.reason);
      return outcome;
    }),
  },
  {
    name: 'counts its limit wrong',
    caughtBy: 'runs as many at once as its limit, and no more',
    spoil: () => ({ limit: 3 }),
  },
  {
    name: 'does not wait for what runs when it drains',
    caughtBy: 'drains: ends what waits, waits for what runs, takes nothing more',
    spoil: (sound) => ({ stop: () => sound.stop('kill') }),
  },
  {
    name: 'drains when it is told to stop at once',
    caughtBy: 'stops at once when told to, charging nobody, also while it drains',
    spoil: (sound) => ({ stop: () => sound.stop('drain') }),
  },
  {
    name: 'grows in name only',
    caughtBy: 'runs more at once as soon as it has grown, and counts them in its limit',
    spoil: (sound) => named(sound, 'grow', (count) => count),
  },
  {
    name: 'grows without saying so in its limit',
    caughtBy: 'runs more at once as soon as it has grown, and counts them in its limit',
    spoil: (sound) => ({ limit: sound.limit }),
  },
  {
    name: 'does not tell that it has grown',
    caughtBy: 'tells that its limit has changed',
    spoil: () => ({ onResize: () => undefined }),
  },
  {
    name: 'shrinks in name only',
    caughtBy: 'lets what runs end when it shrinks, then runs fewer at once',
    spoil: (sound) => named(sound, 'shrink', (count) => -count),
  },
  {
    name: 'ends what runs when it shrinks',
    caughtBy: 'lets what runs end when it shrinks, then runs fewer at once',
    spoil: (sound) => {
      const ends: (() => void)[] = [];
      const lost: PoolOutcome<unknown> = { as: 'lost', started: true, charged: false, reason: 'it was too much' };
      return {
        run: (body, options) =>
          Promise.race([
            sound.run(body, options),
            new Promise<typeof lost>((resolve) => void ends.push(() => resolve(lost))),
          ]),
        shrink: (count) => {
          sound.shrink(count);
          ends[0]?.();
        },
      };
    },
  },
  {
    name: 'runs again what it took back when it shrank',
    caughtBy: 'runs each of many jobs once while it shrinks and grows',
    spoil: (sound) => {
      let last: Body | undefined;
      return {
        run: (body, options) => sound.run((last = body), options),
        shrink: (count) => {
          sound.shrink(count);
          if (last) void sound.run(last);
        },
      };
    },
  },
  {
    name: 'shrinks as far as it can instead of refusing',
    caughtBy: 'refuses to shrink to nothing, or by what is no number of slots, and stays as it is',
    spoil: (sound) => ({ shrink: (count) => sound.shrink(Math.min(count, sound.size - 1)) }),
  },
];

/** Changes what the pool says of itself, and nothing else. */
function named(sound: TestedPool, method: 'grow' | 'shrink', change: (count: number) => number): Partial<TestedPool> {
  let more = 0;
  const told = {
    get limit() {
      return sound.limit + more;
    },
    get size() {
      return sound.size + more;
    },
  };
  return Object.assign(told, { [method]: (count: number) => void (more += change(count)) });
}

/** Flaws of pools that run more at once than they may, or in another order: these are made of the limit itself. */
export const limitFlaws: readonly (Pick<PoolFlaw, 'name' | 'caughtBy'> & {
  readonly limit: (asked: number) => number;
})[] = [
  {
    name: 'runs one more at once than its limit',
    caughtBy: 'runs as many at once as its limit, and no more',
    limit: (asked) => asked + 1,
  },
  {
    name: 'runs one at a time whatever its limit',
    caughtBy: 'runs as many at once as its limit, and no more',
    limit: () => 1,
  },
];

/** The pool, but for what is spoiled. */
export function withFlaw(sound: TestedPool, flaw: PoolFlaw): TestedPool {
  const spoiled = flaw.spoil(sound);
  return {
    get limit() {
      return spoiled.limit ?? sound.limit;
    },
    get size() {
      return spoiled.size ?? sound.size;
    },
    start: spoiled.start ?? (() => sound.start()),
    run: spoiled.run ?? ((body, options) => sound.run(body, options)),
    submit: spoiled.submit ?? ((body, options, onEnd) => sound.submit(body, options, onEnd)),
    grow: spoiled.grow ?? ((count) => sound.grow(count)),
    shrink: spoiled.shrink ?? ((count) => sound.shrink(count)),
    onResize: spoiled.onResize ?? ((listener) => sound.onResize(listener)),
    stop: spoiled.stop ?? ((mode) => sound.stop(mode)),
  };
}
