import type { ChordStore } from '../backends/index.js';
import { Gossip, type WorkerEvents } from '../events/index.js';
import { electedTask, type BeatParts } from '../nest/index.js';
import type { LogicalClock } from '../time/index.js';
import type { WorkerLog } from '../worker/index.js';

export interface GossipParts extends BeatParts {
  /** Counts the parts of chords; `undefined` where nobody does. */
  readonly chords: ChordStore | undefined;
  /** `undefined` where the broker cannot reach everyone. */
  readonly events: WorkerEvents | undefined;
  readonly logicalClock: LogicalClock;
  readonly log: WorkerLog;
}

/** What has a worker take its part in elections; `undefined` where its broker cannot reach everyone. */
export function openGossip(parts: GossipParts): Gossip | undefined {
  const { broker, events, serialization, name, clock, logicalClock, log } = parts;
  const { fanout } = broker;
  if (fanout === undefined || events === undefined) return undefined;
  return new Gossip({
    hostname: name,
    pid: process.pid,
    connect: async () => fanout,
    decode: (message) => serialization.decode(message),
    events,
    topics: new Map([['task', electedTask(parts, parts.chords)]]),
    clock,
    logicalClock,
    log,
  });
}
