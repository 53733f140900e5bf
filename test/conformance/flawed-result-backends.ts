import type { ResultBackend } from '../../lib/backends/index.js';
import type { TaskMeta } from '../../lib/protocol/index.js';

/** A way in which a result backend can be wrong, as a change of a right one. */
export interface ResultBackendFlaw {
  readonly name: string;
  change(backend: ResultBackend): Partial<ResultBackend>;
}

export function withFlaw(backend: ResultBackend, flaw: ResultBackendFlaw): ResultBackend {
  const changes = flaw.change(backend);
  return new Proxy(backend, {
    get(object, key) {
      if (key in changes) return changes[key as keyof ResultBackend];
      const value: unknown = Reflect.get(object, key, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}

/** Each must be caught by the suite. */
export const resultBackendFlaws: readonly ResultBackendFlaw[] = [
  {
    name: 'overwrites SUCCESS',
    change: (backend) => ({
      storeResults: async (records) => {
        await backend.forget(records.map((each) => each.taskId));
        await backend.storeResults(records);
      },
    }),
  },
  {
    name: 'keeps the first state',
    change: (backend) => ({
      storeResults: async (records) => {
        const stored = await backend.fetch(records.map((each) => each.taskId));
        await backend.storeResults(records.filter((_, index) => stored[index] === undefined));
      },
    }),
  },
  {
    name: 'stores only the first of a batch',
    change: (backend) => ({ storeResults: (records) => backend.storeResults(records.slice(0, 1)) }),
  },
  {
    name: 'leaves out what is not stored',
    change: (backend) => ({ fetch: async (ids) => (await backend.fetch(ids)).filter(Boolean) }),
  },
  { name: 'does not forget', change: () => ({ forget: async () => undefined }) },
  {
    name: 'never expires',
    change: (backend) => {
      const remembered = new Map<string, TaskMeta>();
      return {
        storeResults: async (records) => {
          await backend.storeResults(records);
          for (const meta of await backend.fetch(records.map((each) => each.taskId)))
            if (meta) remembered.set(meta.taskId, meta);
        },
        fetch: async (ids) => (await backend.fetch(ids)).map((meta, index) => meta ?? remembered.get(ids[index] ?? '')),
      };
    },
  },
  {
    name: 'tells of everything',
    change: (backend) => ({
      watch: async (listener) => {
        const watch = await backend.watch!(listener);
        return { add: (ids) => watch.add(ids), remove: () => undefined, close: () => watch.close() };
      },
    }),
  },
  { name: 'tells of nothing', change: (backend) => ({ watch: async () => backend.watch!(() => undefined) }) },
  {
    name: 'tells after close',
    change: (backend) => ({
      watch: async (listener) => {
        const watch = await backend.watch!(listener);
        return { add: (ids) => watch.add(ids), remove: (ids) => watch.remove(ids), close: async () => undefined };
      },
    }),
  },
];
