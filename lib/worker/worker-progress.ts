/** What the loop of a worker does that takes messages. */
export interface WorkerProgress {
  /**
   * `consuming`: it waits for messages, or takes them. `busy`: all its slots, and what it may take ahead, are full. `unreachable`: its broker is not there, or
   * refuses. `stalled`: its broker is there, and yet it has not looked for messages for `progressTimeout`. `stopping`: it takes nothing more.
   */
  readonly state: 'consuming' | 'busy' | 'unreachable' | 'stalled' | 'stopping';
  /** For how long a take has waited without a look that succeeded; 0 where all is well. */
  readonly silentMs: number;
  /** It was rebuilt for it, in vain: only a new process can help. */
  readonly isHopeless: boolean;
}
