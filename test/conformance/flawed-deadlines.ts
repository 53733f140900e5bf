import type { DeadlineStore, ResultBackend } from '../../lib/backends/index.js';
import type { ResultBackendFlaw } from './flawed-result-backends.js';

const ONCE = 'tells of deadlines whose time has come, the earliest first, and not again at once';
const DROPPED = 'tells of no deadline that was dropped or put off';

/** Ways in which keeping deadlines can be wrong. */
export const deadlineFlaws: readonly ResultBackendFlaw[] = [
  {
    name: 'tells of a deadline again and again',
    caughtBy: ONCE,
    change: changeDeadlines((deadlines) => {
      let told: Awaited<ReturnType<DeadlineStore['due']>> = [];
      return { due: async (limit) => (told = [...told, ...(await deadlines.due(limit))]) };
    }),
  },
  {
    name: 'tells of deadlines that are yet to come',
    caughtBy: ONCE,
    change: changeDeadlines((deadlines) => ({
      set: (given) => deadlines.set(given.map((each) => ({ ...each, atMs: 0 }))),
    })),
  },
  { name: 'drops no deadline', caughtBy: DROPPED, change: changeDeadlines(() => ({ drop: async () => undefined })) },
  {
    name: 'keeps the first time of a deadline',
    caughtBy: DROPPED,
    change: changeDeadlines((deadlines) => {
      const known = new Set<string>();
      return {
        set: async (given) => {
          await deadlines.set(given.filter(({ key }) => !known.has(key)));
          for (const { key } of given) known.add(key);
        },
      };
    }),
  },
];

function changeDeadlines(change: (deadlines: DeadlineStore) => Partial<DeadlineStore>) {
  return ({ deadlines }: ResultBackend): Partial<ResultBackend> => {
    if (deadlines === undefined) return {};
    const own: DeadlineStore = {
      set: (given) => deadlines.set(given),
      due: (limit) => deadlines.due(limit),
      drop: (keys) => deadlines.drop(keys),
    };
    return { deadlines: { ...own, ...change(deadlines) } };
  };
}
