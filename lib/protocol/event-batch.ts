import { JsonWriter, quoteJson } from '../json/index.js';
import { EventWriter, taskReceivedMembers, type EventMembers, type TaskCall } from './event-writer.js';

const [LIST_START, LIST_END, EVENT_END] = [0x5b, 0x5d, 0x7d];
const UUID = ',"uuid":"';
/** Seconds and the beginning of what comes next. */
const LONGEST_STAMP = 40;

/** After the id of a task that was called as nearly all are: at the top, for the first time, at once, without keywords. */
const PLAIN_CALL = {
  root: bytesOf('","kwargs":"{}","root_id":"'),
  rest: bytesOf('","parent_id":null,"retries":0,"eta":null,"expires":null,"clock":'),
};
const RESULT = bytesOf('","result":"');
const RUNTIME = bytesOf('","runtime":');
const CLOCK = bytesOf(',"clock":');
const CLOCK_AFTER_TEXT = bytesOf('","clock":');

/**
 * A list of events of tasks, as one message carries it. The three that a task has at least are put together from pieces prepared once; the order of an event's
 * fields is free.
 * @source celery/events/dispatcher.py `flush`
 */
export class EventBatch {
  private readonly json = new JsonWriter();
  private readonly writer: EventWriter;
  private heads: Readonly<Record<'received' | 'started' | 'succeeded', Uint8Array>>;
  private readonly stamp = Buffer.alloc(LONGEST_STAMP);
  private stampLength = 0;
  private stampMs = NaN;
  private idStart = 0;
  private lastName = '';
  private afterUuid: Uint8Array = bytesOf('');
  private events = 0;

  /** @param utcOffsetHours whole hours west of UTC, rounded down */
  constructor(
    private readonly hostname: string,
    private readonly pid: number,
    private utcOffsetHours: number,
  ) {
    this.writer = new EventWriter(hostname, pid, utcOffsetHours);
    this.heads = this.writeHeads();
  }

  /** How many events it has. */
  get count(): number {
    return this.events;
  }

  /** Size so far. @unit bytes */
  get size(): number {
    return this.json.length;
  }

  /** Where the sender's time zone, or its daylight saving, has changed. */
  moveTo(utcOffsetHours: number): void {
    if (utcOffsetHours === this.utcOffsetHours) return;
    this.utcOffsetHours = utcOffsetHours;
    this.writer.moveTo(utcOffsetHours);
    this.heads = this.writeHeads();
  }

  /** Any event. @param timestampMs epoch milliseconds */
  add(type: string, members: EventMembers, clock: number, timestampMs: number): void {
    this.events += 1;
    this.json.text(`,${this.writer.write(type, members, clock, timestampMs)}`);
  }

  addReceived(call: TaskCall, clock: number, timestampMs: number): void {
    if (!isPlain(call)) return this.add('task-received', taskReceivedMembers(call), clock, timestampMs);
    const { json } = this;
    this.begin(this.heads.received, call.id, timestampMs);
    const idEnd = json.length;
    if (call.task !== this.lastName) this.rename(call.task);
    json.piece(this.afterUuid);
    json.content(call.argsRepr ?? '');
    json.piece(PLAIN_CALL.root);
    json.again(this.idStart, idEnd);
    this.end(PLAIN_CALL.rest, clock);
  }

  addStarted(id: string, clock: number, timestampMs: number): void {
    this.begin(this.heads.started, id, timestampMs);
    this.end(CLOCK_AFTER_TEXT, clock);
  }

  /** @param result as Python shows it */
  addSucceeded(id: string, result: string, runtimeMs: number, clock: number, timestampMs: number): void {
    const { json } = this;
    this.begin(this.heads.succeeded, id, timestampMs);
    json.piece(RESULT);
    json.content(result);
    json.piece(RUNTIME);
    json.seconds(runtimeMs);
    this.end(CLOCK, clock);
  }

  /** JSON of the list, which has one event at least; begins anew. */
  take(): Uint8Array {
    this.json.byte(LIST_END);
    this.events = 0;
    const list = this.json.take();
    list[0] = LIST_START; // where the comma before the first event stands
    return list;
  }

  private begin(head: Uint8Array, id: string, timestampMs: number): void {
    const { json } = this;
    this.events += 1;
    json.piece(head);
    if (timestampMs !== this.stampMs) this.restamp(timestampMs);
    json.piece(this.stamp, this.stampLength);
    this.idStart = json.length;
    json.content(id);
  }

  private end(beforeClock: Uint8Array, clock: number): void {
    const { json } = this;
    json.piece(beforeClock);
    json.count(clock);
    json.byte(EVENT_END);
  }

  private restamp(timestampMs: number): void {
    this.stampMs = timestampMs;
    this.stampLength = this.stamp.write(`${timestampMs / 1_000}${UUID}`);
  }

  private rename(name: string): void {
    this.lastName = name;
    this.afterUuid = bytesOf(`","name":${quoteJson(name)},"args":"`);
  }

  private writeHeads() {
    const { hostname, pid, utcOffsetHours } = this;
    const headOf = (type: string): Uint8Array =>
      bytesOf(
        `,{"hostname":${quoteJson(hostname)},"utcoffset":${utcOffsetHours},"pid":${pid},"type":"${type}","timestamp":`,
      );
    return { received: headOf('task-received'), started: headOf('task-started'), succeeded: headOf('task-succeeded') };
  }
}

function isPlain({ id, rootId, parentId, retries, etaMs, expiresMs, kwargsRepr }: TaskCall): boolean {
  return (
    parentId === undefined &&
    retries === 0 &&
    kwargsRepr === '{}' &&
    (rootId === undefined || rootId === id) &&
    etaMs === undefined &&
    expiresMs === undefined
  );
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}
