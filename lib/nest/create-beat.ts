import { Beat, type BeatEntry, type BeatLog } from '../beat/index.js';
import type { Broker } from '../brokers/index.js';
import { MessageFactory } from '../client/index.js';
import { scheduleFromData } from '../schedules/index.js';
import type { Serialization } from '../serialization/index.js';
import type { Clock } from '../time/index.js';
import type { ScheduleReport, WorkerReport } from './worker-report.js';

export interface BeatParts {
  readonly report: Pick<WorkerReport, 'schedules' | 'options'>;
  /** Connected. */
  readonly broker: Broker;
  readonly serialization: Serialization;
  /** Node name of the worker, which its messages bear. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: BeatLog;
}

/** The scheduler of a worker: sends what the application's schedules say, as the application reported them. */
export function createBeat(parts: BeatParts): Beat {
  const { report, broker, clock, log } = parts;
  const messages = createBeatMessages(parts);
  const { ticks } = broker;
  return new Beat({
    entries: report.schedules.map((entry) => toBeatEntry(entry, messages, clock)),
    publishTick: async (entry, dueMs, message) => {
      if (ticks !== undefined) return ticks.publishTick(entry, dueMs, message);
      await broker.publish([message]);
      return true;
    },
    clock,
    log,
  });
}

/** What a worker sends of itself, in a process that knows no task. */
export function createBeatMessages({
  report,
  broker,
  serialization,
  clock,
  name,
}: Omit<BeatParts, 'log'>): MessageFactory {
  return new MessageFactory({
    catalog: { get: () => undefined }, // what the tasks declare is in the entries
    tasks: report.options.tasks,
    priorityOrder: broker.capabilities.priorityOrder,
    serialization,
    clock,
    origin: name,
  });
}

function toBeatEntry(report: ScheduleReport, messages: MessageFactory, clock: Clock): BeatEntry {
  const { name, schedule, request, expiresInMs } = report;
  return {
    name,
    schedule: scheduleFromData(schedule),
    message: () =>
      messages.create(expiresInMs === undefined ? request : { ...request, expiresMs: clock.now() + expiresInMs }),
  };
}
