import type { TestProject } from 'vitest/node';
import { build } from './build.mjs';

/** Before a suite that starts processes: compiles what they run. `npm test` has done it already and says so. */
export async function setup(_project: TestProject): Promise<void> {
  if (process.env.TASK_QUEUE_TESTS_BUILT !== '1') await build('programs', 'sample');
}
