import { loadavg, type as systemName } from 'node:os';
import {
  askedBeatMembers,
  electAckMembers,
  electMembers,
  SOFTWARE,
  taskErrorMembers,
  taskRejectedMembers,
  taskRevokedMembers,
  workerBeatMembers,
  type EventMembers,
  type TaskCall,
} from '../protocol/index.js';
import { untilTick, type Clock, type Timer } from '../time/index.js';
import type { EventDispatcher } from './event-dispatcher.js';

/** What a worker's heartbeat tells. */
export interface WorkerStatus {
  /** Tasks in hand. */
  readonly active: number;
  /** Received since the start. */
  readonly processed: number;
}

export interface WorkerEventsSetup {
  readonly dispatcher: EventDispatcher;
  /** Whether events of tasks are sent from the start. @source Celery `-E` */
  readonly sendsTaskEvents: boolean;
  /** How often the worker tells that it lives; `undefined` where it does not. */
  readonly heartbeatMs: number | undefined;
  readonly status: () => WorkerStatus;
  readonly clock: Clock;
}

const SYSTEM = { ...SOFTWARE, system: systemName() };

/**
 * The events of one worker: its heartbeats, and those of its tasks where they are wanted.
 * @source celery/worker/heartbeat.py, celery/worker/consumer/events.py
 */
export class WorkerEvents {
  /** Whether events of tasks are sent. Read for each task: nothing else of this costs anything while it is `false`. */
  isEnabled: boolean;
  private timer: Timer | undefined;
  private isStarted = false;

  constructor(private readonly setup: WorkerEventsSetup) {
    this.isEnabled = setup.sendsTaskEvents;
  }

  /** Sends events of tasks from now on. @returns `false`: it did before */
  enable(): boolean {
    if (this.isEnabled) return false;
    return (this.isEnabled = true);
  }

  /** Sends none of tasks any more; heartbeats go on. @returns `false`: it sent none before */
  disable(): boolean {
    if (!this.isEnabled) return false;
    this.isEnabled = false;
    return true;
  }

  /** The worker consumes. */
  start(): void {
    this.isStarted = true;
    this.beat('worker-online');
    this.arm();
  }

  /** The worker begins to stop; events of tasks may follow. */
  announceEnd(): void {
    if (!this.isStarted) return;
    this.isStarted = false;
    this.timer?.cancel();
    this.beat('worker-offline');
  }

  /** Resolves when the events are with the broker, or cannot be brought there in time. */
  async close(): Promise<void> {
    this.announceEnd();
    this.isEnabled = false;
    await this.setup.dispatcher.close();
  }

  /** A beat that somebody asked for, whether or not the worker sends any by itself. @source celery/worker/control.py `heartbeat` */
  answerHeartbeat(): void {
    this.setup.dispatcher.send('worker-heartbeat', askedBeatMembers(SYSTEM), false);
  }

  elect(election: string, topic: string, action: unknown): void {
    this.setup.dispatcher.send('worker-elect', electMembers(election, topic, action));
    void this.setup.dispatcher.flush(); // the others do not wait for it
  }

  acknowledgeElection(election: string): void {
    this.setup.dispatcher.send('worker-elect-ack', electAckMembers(election));
  }

  taskReceived(call: TaskCall): void {
    this.setup.dispatcher.sendReceived(call);
  }

  taskStarted(id: string): void {
    this.setup.dispatcher.sendStarted(id);
  }

  /** @param result as Python shows it */
  taskSucceeded(id: string, result: string, runtimeMs: number): void {
    this.setup.dispatcher.sendSucceeded(id, result, runtimeMs);
  }

  /** @param exception as Python shows it */
  taskFailed(id: string, exception: string, traceback: string | undefined): void {
    this.tell('task-failed', taskErrorMembers(id, exception, traceback));
  }

  taskRetried(id: string, exception: string, traceback: string | undefined): void {
    this.tell('task-retried', taskErrorMembers(id, exception, traceback));
  }

  /** @param how whether it had expired; whether it ran and was ended, and by which signal */
  taskRevoked(id: string, how: Parameters<typeof taskRevokedMembers>[1]): void {
    this.tell('task-revoked', taskRevokedMembers(id, how));
  }

  taskRejected(id: string, requeue: boolean): void {
    this.tell('task-rejected', taskRejectedMembers(id, requeue));
  }

  private tell(type: string, members: EventMembers): void {
    this.setup.dispatcher.sendBatched(type, members);
  }

  private arm(): void {
    const { clock, heartbeatMs } = this.setup;
    if (heartbeatMs === undefined || !this.isStarted) return;
    this.timer = clock.setTimer(
      () => {
        this.beat('worker-heartbeat');
        this.arm();
      },
      untilTick(clock, heartbeatMs),
      { ref: false },
    );
  }

  private beat(type: 'worker-online' | 'worker-heartbeat' | 'worker-offline'): void {
    const { dispatcher, heartbeatMs, status } = this.setup;
    if (heartbeatMs === undefined) return;
    const members = workerBeatMembers({ ...SYSTEM, ...status(), intervalMs: heartbeatMs, loadAverage: loadavg() });
    dispatcher.send(type, members, type !== 'worker-heartbeat');
  }
}
