import { getCurrentTest } from 'vitest/suite';
import type { MatrixPool, PoolFault } from './matrix-data.mjs';

declare module 'vitest' {
  interface TaskMeta {
    /** Cells of the matrix pool × fault that the test stands for. */
    covers?: { readonly pool: string; readonly fault: string; readonly isRefused: boolean }[];
  }
}

/** Says that the running test stands for this cell of the matrix that ends a run of all suites. */
export function covers(pool: MatrixPool, ...faults: readonly PoolFault[]): void {
  for (const fault of faults) note(pool, fault, false);
}

/** The same where the pool cannot have it, and its option is refused. */
export function coversRefusal(pool: MatrixPool, fault: PoolFault): void {
  note(pool, fault, true);
}

function note(pool: MatrixPool, fault: PoolFault, isRefused: boolean): void {
  const test = getCurrentTest();
  if (test === undefined) throw new Error('A cell of the matrix is covered by a test, and none runs.');
  (test.meta.covers ??= []).push({ pool, fault, isRefused });
}
