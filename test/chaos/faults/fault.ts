import type { RunPlace } from '../run-rig.js';
import type { FleetChange } from '../fleet.js';
import type { Scene } from './scene.js';

/** What may follow from a fault besides a delay; nothing else may. */
export interface Allowance {
  /** So often may tasks run again, in all. @defaultValue 0 */
  readonly repeats?: number;
  /** Dead letters there have to be. @defaultValue 0 */
  readonly dead?: number;
  /** What was sent before that time on the run's clock may have been forgotten by the server itself. */
  readonly forgottenBeforeMs?: number;
  /** Of those the ones sent before this time may not. */
  readonly keptBeforeMs?: number;
  /** When the fault was over. @defaultValue when `inject` resolved */
  readonly overMs?: number;
  /** How long it took until work went on, where that is told by something else than each worker's next task. */
  readonly resumedMs?: number;
  /** And how long it may take. @defaultValue 5 s */
  readonly limitMs?: number;
  /** What the fault itself found wrong. */
  readonly problems?: readonly string[];
}

export interface Fault {
  readonly name: string;
  /** In the short form of the run as well. */
  readonly isQuick?: boolean;
  /** @defaultValue 3 */
  readonly workers?: number;
  /** Of all workers. */
  readonly change?: FleetChange;
  readonly place?: Partial<Pick<RunPlace, 'pool' | 'concurrency' | 'appendOnly' | 'allThroughProxy' | 'visibilityMs'>>;
  /** Whether the workers are kept supplied with short tasks meanwhile. @defaultValue true */
  readonly isUnderLoad?: boolean;
  /** Resolves when it is over. */
  readonly inject: (scene: Scene) => Promise<Allowance | void>;
}
