import { isClusterEvent, type ClusterEventTypes } from '../protocol/index.js';
import { untilTick, type Clock, type Timer } from '../time/index.js';
import { ClusterState } from './cluster-state.js';
import type { EventLog } from './event-dispatcher.js';
import { EventReceiver, type EventReceiverSetup } from './event-receiver.js';
import type { ReceivedEvent } from './received-event.js';
import type { WorkerEvents } from './worker-events.js';

export interface GossipSetup extends Pick<EventReceiverSetup, 'connect' | 'decode' | 'logicalClock'> {
  /** Node name. */
  readonly hostname: string;
  readonly pid: number;
  readonly events: Pick<WorkerEvents, 'elect' | 'acknowledgeElection'>;
  /** What the leader of an election does, by its topic. What they throw is logged. */
  readonly topics: ReadonlyMap<string, (action: unknown) => Promise<void>>;
  readonly clock: Clock;
  readonly log: EventLog;
}

/** Who wants to lead, smallest first: by logical clock, then by name. */
interface Candidate {
  readonly clock: number;
  /** Node name and process id. */
  readonly name: string;
  readonly topic: string;
  readonly action: unknown;
}

/** @source celery/worker/consumer/gossip.py `interval` */
const LOOK_MS = 5_000;
/**
 * A Python worker dies when it has as many acknowledgements as there are others and has heard of one candidate only. Its own acknowledgement comes after its own
 * candidature; ours has to come after everybody's.
 */
const ACKNOWLEDGE_AFTER_MS = 250;
/** Elections that never came to their end are forgotten. */
const MOST_ELECTIONS = 1_000;

/**
 * Listens to what other workers tell of themselves, so that this one has its part in elections: whoever is told to hold one does so, all come to the same
 * leader, and that one acts.
 * @source celery/worker/consumer/gossip.py
 */
export class Gossip {
  private readonly receiver: EventReceiver;
  /** The others. */
  private readonly others: ClusterState;
  private readonly candidates = new Map<string, Candidate[]>();
  /** Acknowledgements of elections that this worker holds too. */
  private readonly acks = new Map<string, { count: number; hasOwn: boolean }>();
  private readonly fullName: string;
  private timer: Timer | undefined;
  private isClosed = false;

  constructor(private readonly setup: GossipSetup) {
    const { hostname, pid, clock } = setup;
    this.fullName = `${hostname}.${pid}`;
    this.others = new ClusterState(clock, { mostTasks: 0 });
    this.receiver = new EventReceiver({ ...setup, pattern: 'worker.#', onEvent: (event) => this.hear(event) });
  }

  /** Begins to listen, which it goes on trying until it can. */
  start(): void {
    void this.receiver.start();
    this.look();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.timer?.cancel();
    await this.receiver.stop();
  }

  /** Holds an election, as every worker does that is told to. */
  hold(election: string, topic: string, action: unknown): void {
    this.acks.set(election, { count: 0, hasOwn: false });
    forgetOldest(this.acks);
    this.setup.events.elect(election, topic, action);
  }

  private hear(event: ReceivedEvent): void {
    if (isClusterEvent(event, 'worker-elect')) this.nominate(event);
    else if (isClusterEvent(event, 'worker-elect-ack')) this.count(event);
    else if (event.hostname !== this.setup.hostname) this.others.apply(event);
  }

  private nominate(event: ClusterEventTypes['worker-elect']): void {
    const { election, topic, action, hostname, pid, clock = 0 } = event;
    const candidates = this.candidates.get(election) ?? [];
    candidates.push({ clock, name: `${hostname}.${pid}`, topic, action });
    this.candidates.set(election, candidates);
    forgetOldest(this.candidates);
    const acknowledge = (): void => {
      if (!this.isClosed) this.setup.events.acknowledgeElection(election);
    };
    this.setup.clock.setTimer(acknowledge, ACKNOWLEDGE_AFTER_MS, { ref: false });
  }

  /**
   * The leader is chosen once there are as many acknowledgements as other workers, with its own among them: that one comes late enough for all candidates to
   * be known, also to a worker that does not know of all the others yet. Alone, a worker chooses itself.
   */
  private count({ election, hostname }: ClusterEventTypes['worker-elect-ack']): void {
    const acks = this.acks.get(election);
    if (acks === undefined) return; // not held here
    acks.count += 1;
    acks.hasOwn ||= hostname === this.setup.hostname;
    const [leader] = (this.candidates.get(election) ?? []).toSorted(inOrder);
    if (leader === undefined || !acks.hasOwn || acks.count < this.others.aliveWorkers().length) return;
    this.acks.delete(election);
    this.candidates.delete(election);
    if (leader.name === this.fullName) this.lead(election, leader);
  }

  private lead(election: string, { topic, action }: Candidate): void {
    const { topics, log } = this.setup;
    const act = topics.get(topic);
    if (act === undefined) return log.warn(`Elected for "${election}", whose topic "${topic}" nobody here knows`);
    log.log(`Elected for "${election}"`);
    act(action).catch((error: unknown) => {
      log.warn(
        `Could not do what election "${election}" was for: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  }

  private look(): void {
    const { clock, log } = this.setup;
    if (this.isClosed) return;
    this.timer = clock.setTimer(
      () => {
        for (const hostname of this.others.forgetLost()) log.log(`Missed the heartbeat of ${hostname}`);
        this.look();
      },
      untilTick(clock, LOOK_MS),
      { ref: false },
    );
  }
}

function inOrder(one: Candidate, other: Candidate): number {
  if (one.clock !== other.clock) return one.clock - other.clock;
  return one.name < other.name ? -1 : 1;
}

function forgetOldest(elections: Map<string, unknown>): void {
  if (elections.size <= MOST_ELECTIONS) return;
  const [oldest] = elections.keys();
  if (oldest !== undefined) elections.delete(oldest);
}
