import type { ResultBackend } from '../../lib/backends/index.js';
import { chordFlaws } from './flawed-chords.js';
import { deadlineFlaws } from './flawed-deadlines.js';

/** A way in which a result backend can be wrong, as a change of a right one. */
export interface ResultBackendFlaw {
  readonly name: string;
  /** The case that is about it. */
  readonly caughtBy: string;
  /** Instead of the options it is opened with. */
  readonly options?: { readonly expiresMs: number };
  change?(backend: ResultBackend): Partial<ResultBackend>;
}

export function withFlaw(backend: ResultBackend, flaw: ResultBackendFlaw): ResultBackend {
  const changes = flaw.change?.(backend) ?? {};
  return new Proxy(backend, {
    get(object, key) {
      if (key in changes) return changes[key as keyof ResultBackend];
      const value: unknown = Reflect.get(object, key, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}

/** Each must be caught by its case. */
export const resultBackendFlaws: readonly ResultBackendFlaw[] = [
  ...chordFlaws,
  ...deadlineFlaws,
  {
    name: 'overwrites SUCCESS',
    caughtBy: 'never replaces SUCCESS',
    change: (backend) => ({
      storeResults: async (records) => {
        await backend.forget(records.map((each) => each.taskId));
        await backend.storeResults(records);
      },
    }),
  },
  {
    name: 'keeps the first state',
    caughtBy: 'replaces an earlier state by a later one, also within a batch',
    change: (backend) => ({
      storeResults: async (records) => {
        const stored = await backend.fetch(records.map((each) => each.taskId));
        await backend.storeResults(records.filter((_, index) => stored[index] === undefined));
      },
    }),
  },
  {
    name: 'stores only the first of a batch',
    caughtBy: 'keeps a value of a megabyte and a batch of a thousand',
    change: (backend) => ({ storeResults: (records) => backend.storeResults(records.slice(0, 1)) }),
  },
  {
    name: 'leaves out what is not stored',
    caughtBy: 'fetches in the order of the ids, from any connection',
    change: (backend) => ({ fetch: async (ids) => (await backend.fetch(ids)).filter(Boolean) }),
  },
  {
    name: 'does not forget',
    caughtBy: 'forgets, after which a task may be stored again',
    change: () => ({ forget: async () => undefined }),
  },
  { name: 'never expires', caughtBy: 'keeps results no longer than told', options: { expiresMs: 0 } },
  {
    name: 'tells of everything',
    caughtBy: 'tells only of what is waited for',
    change: (backend) => ({
      watch: async (listener) => {
        const watch = await backend.watch!(listener);
        return { add: (ids) => watch.add(ids), remove: () => undefined, close: () => watch.close() };
      },
    }),
  },
  {
    name: 'tells of nothing',
    caughtBy: 'tells what is stored of a task that is waited for',
    change: (backend) => ({ watch: async () => backend.watch!(() => undefined) }),
  },
  {
    name: 'tells after close',
    caughtBy: 'tells nothing after it closed',
    change: (backend) => ({
      watch: async (listener) => {
        const watch = await backend.watch!(listener);
        return { add: (ids) => watch.add(ids), remove: (ids) => watch.remove(ids), close: async () => undefined };
      },
    }),
  },
];
