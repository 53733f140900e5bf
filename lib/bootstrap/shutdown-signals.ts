const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

/** What a signal asks of a worker. */
export type ShutdownRequest = 'warm' | 'cold' | 'hard';

/**
 * Turns signals of the process into requests: the first SIGTERM or SIGINT asks for a warm shutdown, the second, or SIGQUIT, for a
 * cold one, and one more for an end at once.
 * @source Celery `worker/__init__`, `apps/worker.py` install_worker_*_handler
 */
export class ShutdownSignals {
  private received = 0;
  private readonly listeners = new Map<NodeJS.Signals, () => void>();

  constructor(onRequest: (request: ShutdownRequest, signal: NodeJS.Signals) => void) {
    for (const signal of SIGNALS) {
      const listener = (): void => onRequest(this.next(signal), signal);
      this.listeners.set(signal, listener);
      process.on(signal, listener);
    }
  }

  close(): void {
    for (const [signal, listener] of this.listeners) process.off(signal, listener);
    this.listeners.clear();
  }

  private next(signal: NodeJS.Signals): ShutdownRequest {
    this.received = signal === 'SIGQUIT' ? Math.max(this.received + 1, 2) : this.received + 1;
    if (this.received === 1) return 'warm';
    return this.received === 2 ? 'cold' : 'hard';
  }
}
