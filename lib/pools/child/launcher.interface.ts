import type { TerminationSignal } from '../../options/index.js';
import type { ChildRole } from './child-role.js';
import type { RemoteError } from './remote-error.js';

/** How a pool starts its children: as processes or as threads. */
export interface ChildLauncher {
  readonly kind: ChildRole['kind'];
  /** Whether a child can take others with it when it dies, as threads can: then one isolated job runs at a time. */
  readonly sharesProcess: boolean;
  /** Starts a child. What the system refuses may be thrown here, or end the child at once. */
  launch(role: ChildRole, listener: ChildListener): ChildLink;
}

export interface ChildListener {
  frames(frames: readonly string[]): void;
  /** The answer to a recall: whether it came before the child had started the job. */
  recalled(cell: number, turn: number, inTime: boolean): void;
  /** Called once, after the last frame. */
  ended(death: ChildDeath): void;
}

/** How a child ended. */
export interface ChildDeath {
  /** As it reads after its name: `exited with code 3`, `was killed by SIGSEGV`. */
  readonly text: string;
  /** The error that ended it, where it is known. */
  readonly error: RemoteError | undefined;
  /** Whether it ended without a word of failure: exit code 0. */
  readonly clean: boolean;
}

/** The supervisor's end of the line to a child. */
export interface ChildLink {
  /** Process that runs its bodies; `undefined` where it could not be started. */
  readonly pid: number | undefined;
  readonly threadId: number | undefined;
  readonly traffic: Traffic;
  /** Sends a frame, together with the others of this turn of the event loop. */
  send(frame: string): void;
  /** Asks for a job back that may not have started; works while the child computes. Answered by `recalled`. */
  recall(cell: number, turn: number): void;
  /** Ends it, whatever it does: at once, or where a process is given another signal than SIGKILL, soon. */
  kill(signal?: TerminationSignal): void;
}

/** What went over a line, for benchmarks: a write or read is one piece, of many frames if all goes well. */
export interface Traffic {
  framesSent: number;
  framesReceived: number;
  writes: number;
  reads: number;
}

export function noTraffic(): Traffic {
  return { framesSent: 0, framesReceived: 0, writes: 0, reads: 0 };
}
