import type { ChordStore, GroupStore, PartAnswer, PartState, ResultBackend } from '../../lib/backends/index.js';
import type { ResultBackendFlaw } from './flawed-result-backends.js';

/** Ways in which joining chords and saving groups can be wrong. */
export const chordFlaws: readonly ResultBackendFlaw[] = [
  {
    name: 'tells all who come late that a chord is theirs',
    caughtBy: 'says once that a chord has ended, to who reports the last part',
    change: changeChords((chords) => ({
      report: async (parts) => (await chords.report(parts)).map((answer) => (answer === 'over' ? 'yours' : answer)),
    })),
  },
  {
    name: 'counts all parts of a batch for one chord',
    caughtBy: 'counts parts of several chords apart, also within a batch',
    change: changeChords((chords) => ({
      report: (parts) => chords.report(parts.map((part) => ({ ...part, groupId: parts[0]?.groupId ?? '' }))),
    })),
  },
  {
    name: 'looks at the count after the step that added to it',
    caughtBy: 'says so exactly once while several connections report at once, each part twice',
    change: changeChords((chords) => ({
      report: async (parts) => {
        const answers = await chords.report(parts);
        const { done, size } = await chords.progress(parts[0]?.groupId ?? '');
        return answers.map((answer) => (done === size ? 'yours' : answer));
      },
    })),
  },
  {
    name: 'tells the task of the end only once',
    caughtBy: 'tells the same task so again until the close, and nobody else',
    change: (backend) => {
      const told = toldBy(backend);
      return changeChords((chords) => ({
        report: async (parts) =>
          (await chords.report(parts)).map((answer, index): PartAnswer => {
            if (answer !== 'yours') return answer;
            const key = `${parts[index]?.groupId} ${parts[index]?.taskId}`;
            const isFirst = !told.has(key);
            told.add(key);
            return isFirst ? answer : 'over';
          }),
      }))(backend);
    },
  },
  {
    name: 'does not close',
    caughtBy: 'closes twice, also what nobody opened, and frees the parts',
    change: changeChords(() => ({ close: async () => undefined })),
  },
  {
    name: 'counts a part each time it is reported',
    caughtBy: 'replaces a part of the same task that is reported again',
    change: changeChords((chords) => ({
      report: (parts) => chords.report(parts.map((part, index) => ({ ...part, taskId: `${part.taskId}-${index}` }))),
    })),
  },
  {
    name: 'waits for the others when one failed',
    caughtBy: 'ends a chord with the first part that did not succeed',
    change: changeChords((chords) => ({
      report: (parts) => chords.report(parts.map((part) => ({ ...part, state: 'SUCCESS' }))),
    })),
  },
  {
    name: 'keeps to an end that was a failure',
    caughtBy: 'takes an end back when its task succeeds after all, delivered again before the close',
    change: (backend) => {
      const told = toldBy(backend);
      return changeChords((chords) => ({
        report: async (parts) => {
          for (const { taskId, state } of parts) if (state !== 'SUCCESS') told.add(taskId);
          const answers = await chords.report(parts);
          return answers.map((answer, index) => (told.has(parts[index]?.taskId ?? '') ? 'yours' : answer));
        },
      }))(backend);
    },
  },
  {
    name: 'keeps nothing of others when one has failed',
    caughtBy: 'knows what came from others when an end is taken back',
    change: (backend) => dropOfOthers(backend, (state) => state !== 'SUCCESS'),
  },
  {
    name: 'keeps nothing of others when all have come',
    caughtBy: 'knows what came from others when a chord is extended after its end',
    change: (backend) => dropOfOthers(backend, (state) => state === 'SUCCESS'),
  },
  {
    name: 'begins to count when it knows how many there shall be',
    caughtBy: 'counts what comes before it is known how many there shall be',
    change: changeChords((chords) => ({
      report: async (parts) => {
        const { size } = await chords.progress(parts[0]?.groupId ?? '');
        return size === undefined ? parts.map(() => 'counted') : chords.report(parts);
      },
    })),
  },
  {
    name: 'does not listen to what parts say of their number',
    caughtBy: 'takes what a part says of their number before what was opened',
    change: changeChords((chords) => ({
      report: (parts) => chords.report(parts.map((part) => ({ ...part, size: undefined }))),
    })),
  },
  {
    name: 'waits for exactly as many as expected',
    caughtBy: 'ends a chord of which more parts came than were expected',
    change: changeChords((chords) => ({
      report: async (parts) => {
        const answers = await chords.report(parts);
        const { done, size } = await chords.progress(parts[0]?.groupId ?? '');
        return done === size ? answers : answers.map(() => 'counted');
      },
    })),
  },
  {
    name: 'does not extend',
    caughtBy: 'expects more parts where a chord is extended, before it is opened or after',
    change: changeChords(() => ({ extend: async () => undefined })),
  },
  {
    name: 'hands out the parts in the order in which they came',
    caughtBy: 'hands out the parts by their places, those without one last',
    change: changeChords((chords) => ({
      report: (parts) => chords.report(parts.map((part, index) => ({ ...part, groupIndex: index }))),
    })),
  },
  {
    name: 'writes the results of parts anew',
    caughtBy: 'keeps results of parts as they were written, and many of them',
    change: changeChords((chords) => ({
      parts: async (groupId) =>
        (await chords.parts(groupId)).map((part) => ({ ...part, result: JSON.stringify(JSON.parse(part.result)) })),
    })),
  },
  {
    name: 'forgets how far a chord was when it ended',
    caughtBy: 'tells how far a chord is, also when it has ended',
    change: changeChords((chords) => ({
      progress: async (groupId) => ({
        ...(await chords.progress(groupId)),
        done: (await chords.parts(groupId)).length,
      }),
    })),
  },
  {
    name: 'keeps chords for ever',
    caughtBy: 'keeps a chord no longer than told, from the last part on',
    options: { expiresMs: 0 },
  },
  {
    name: 'saves only the first of several groups of one id',
    caughtBy: 'saves groups and restores them from any connection',
    change: changeGroups((groups) => ({
      save: async (groupId, group) => {
        if ((await groups.fetch(groupId)) === undefined) await groups.save(groupId, group);
      },
    })),
  },
  {
    name: 'forgets no group',
    caughtBy: 'forgets saved groups',
    change: changeGroups(() => ({ forget: async () => undefined })),
  },
  {
    name: 'keeps saved groups for ever',
    caughtBy: 'keeps saved groups no longer than told',
    options: { expiresMs: 0 },
  },
];

/** What all connections of a store were tellings. */
const tellings = new Map<string, Set<string>>();

function toldBy({ store }: ResultBackend): Set<string> {
  const known = tellings.get(store) ?? new Set();
  tellings.set(store, known);
  return known;
}

/** Forgets what is over while the chord belongs to a part in such a state. */
function dropOfOthers(backend: ResultBackend, isDropping: (state: PartState) => boolean): Partial<ResultBackend> {
  const owners = toldBy(backend);
  return changeChords((chords) => ({
    report: async (parts) => {
      const answers: PartAnswer[] = [];
      for (const part of parts) {
        const chord = `${part.groupId} `;
        const owner = [...owners].find((key) => key.startsWith(chord));
        if (owner !== undefined && owner !== chord + part.taskId) {
          answers.push('over');
          continue;
        }
        const told = await chords.report([part]);
        answers.push(...told);
        if (told[0] === 'yours' && isDropping(part.state)) owners.add(chord + part.taskId);
        else owners.delete(chord + part.taskId);
      }
      return answers;
    },
  }))(backend);
}

function changeChords(change: (chords: ChordStore) => Partial<ChordStore>) {
  return (backend: ResultBackend): Partial<ResultBackend> => {
    const { chords } = backend;
    return chords === undefined ? {} : { chords: overlay(chords, change(chords)) };
  };
}

function changeGroups(change: (groups: GroupStore) => Partial<GroupStore>) {
  return (backend: ResultBackend): Partial<ResultBackend> => {
    const { groups } = backend;
    return groups === undefined ? {} : { groups: overlay(groups, change(groups)) };
  };
}

function overlay<T extends object>(target: T, changes: Partial<T>): T {
  return new Proxy(target, {
    get(object, key) {
      if (key in changes) return changes[key as keyof T];
      const value: unknown = Reflect.get(object, key, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}
