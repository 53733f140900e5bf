import type { ResultBackend } from '../backends/index.js';
import { Signature } from '../canvas/index.js';
import type { TaskClient } from '../client/index.js';
import { builtinTasks } from '../execution/index.js';
import type { ResolvedTasksOptions } from '../options/index.js';
import type { Serialization } from '../serialization/index.js';
import type { RunnableTask } from '../tasks/index.js';

export interface BuiltinTaskParts {
  readonly defaults: ResolvedTasksOptions;
  readonly find: (name: string) => RunnableTask | undefined;
  readonly client: TaskClient;
  readonly serialization: Serialization;
  /** Another connection to the result backend, not opened yet. */
  readonly createResultBackend: () => ResultBackend | undefined;
}

/** The tasks that every worker has, beside those of its application. */
export function createBuiltinTasks(parts: BuiltinTaskParts): readonly RunnableTask[] {
  const { defaults, find, client, serialization, createResultBackend } = parts;
  return builtinTasks({
    defaults,
    find,
    apply: (map) => client.apply(Signature.fromMap(map) as Signature<readonly unknown[], unknown>),
    results: {
      fetch: (taskId) => client.result(taskId).meta(),
      encode: (value) => String(serialization.encode('json', value).body),
    },
    chords: {
      progress: (groupId) => client.chordProgress(groupId),
      dropDeadline: (groupId) => client.dropDeadline(groupId),
    },
    cleanup: async () => {
      const backend = createResultBackend();
      if (backend?.cleanup === undefined) return 0;
      await backend.connect();
      try {
        return await backend.cleanup();
      } finally {
        await backend.close();
      }
    },
  });
}
