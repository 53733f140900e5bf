import type { ChordPart, ChordStore, KeptPart, ResultBackend } from '../../backends/index.js';
import type { ChordClosing, Consumer, Delivery } from '../../brokers/index.js';
import type { ChordEnd, PartReport, TaskJob, TaskReply } from '../../execution/index.js';
import type { Pool } from '../../pools/index.js';
import type { OutgoingMessage, TaskHead } from '../../protocol/index.js';
import type { Disposal } from '../outcome-table.js';
import type { Settler } from '../settler.js';
import type { SettleOutcome } from '../settling.js';

export interface ChordDeskOptions {
  readonly pool: Pool<TaskJob, TaskReply>;
  readonly consumer: Consumer;
  readonly backend: ResultBackend | undefined;
  /** Whether the broker writes the results in the same step. */
  readonly isJoint: boolean;
  readonly settler: Settler;
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
}

/** A run that was a part of a chord, and its end. */
export interface PartEnding {
  readonly delivery: Delivery;
  readonly head: TaskHead;
  readonly fate: Disposal;
  readonly reply: Pick<TaskReply, 'records' | 'successors' | 'chords'> & { readonly part: PartReport };
}

/** What goes out with the message whose part ended a chord, or several around it. */
interface Following extends Omit<ChordEnd, 'outer'> {
  readonly groupIds: readonly string[];
}

/** Sends what follows from chords: the body, or the news that it will never run, in the step that settles the part which ended it. */
export class ChordDesk {
  constructor(private readonly options: ChordDeskOptions) {}

  /** Makes known that the chord has more parts than was said; before the part that says so is counted. */
  async extend({ groupId, taskId, adds = 0 }: PartReport): Promise<void> {
    await this.ask((store) => store.extend(groupId, adds, taskId).then(() => true));
  }

  /** Makes known by when a chord has to end; before the part that says so is counted, as the last one drops it. */
  async limit(key: string, late: NonNullable<PartReport['late']>): Promise<void> {
    const { backend, settler } = this.options;
    if (backend?.deadlines === undefined) return;
    await settler.patiently('keep the deadline of a chord', async () => backend.deadlines?.set([{ key, ...late }]));
  }

  /** Counts the part and settles its message, with what follows where that is its to send. */
  async settle(ending: PartEnding): Promise<SettleOutcome> {
    const { delivery, fate, reply } = ending;
    const outcome = await this.options.settler.settleAll({
      settlement: { delivery, successors: reply.successors, ...fate },
      records: reply.records,
      chords: reply.chords,
      part: toPart(reply.part),
    });
    return outcome === 'yours' ? this.conclude(ending) : outcome;
  }

  /** Settles a message that is still held since its part has ended its chord. */
  async conclude(ending: PartEnding): Promise<SettleOutcome> {
    const { settler } = this.options;
    const { delivery, fate, reply } = ending;
    const following = await this.follow(ending);
    if (following === undefined) {
      await settler.settle({ delivery, as: 'requeue', charge: false });
      return 'counted';
    }
    const outcome = await settler.settleAll({
      settlement: {
        delivery,
        successors: [...reply.successors, ...following.successors],
        closes: this.closingsOf(following.groupIds),
        ...fate,
      },
      records: [...reply.records, ...following.records],
      chords: [...(reply.chords ?? []), ...following.chords],
    });
    if (outcome === 'counted') {
      if (!this.closesWithin) await this.close(following.groupIds);
      await this.dropDeadlines(following.groupIds);
    }
    return outcome;
  }

  /** The same of a message that was acknowledged before it ran. */
  async settleEarly(ending: PartEnding): Promise<void> {
    const { settler, publish, backend } = this.options;
    const { reply } = ending;
    const answers = await settler.patiently('count a part of a chord', async () =>
      backend?.chords?.report([toPart(reply.part)]),
    );
    const following = answers?.[0] === 'yours' ? await this.follow(ending) : undefined;
    const { records, successors, chords, groupIds } = following ?? NOTHING;
    const publishAll = (): Promise<void> => publish([...reply.successors, ...successors]);
    await settler.settleEarly([...reply.records, ...records], publishAll, [...(reply.chords ?? []), ...chords]);
    await this.close(groupIds);
    await this.dropDeadlines(groupIds);
  }

  /** A chord that fails may be a part of another, which fails with it. `undefined` where the store could not be reached, or the process is gone. */
  private async follow({ delivery, head, reply }: PartEnding): Promise<Following | undefined> {
    const groupIds: string[] = [];
    const ends: Omit<ChordEnd, 'outer'>[] = [];
    for (let part: PartReport | undefined = reply.part; part !== undefined;) {
      const end: ChordEnd | undefined = await this.endOf(part, delivery, head);
      if (end === undefined) return undefined;
      groupIds.push(part.groupId);
      ends.push(end);
      part = end.outer;
      if (part === undefined) break;
      const reported: PartReport = part;
      const answer = await this.ask((store) => store.report([toPart(reported)]));
      if (answer === undefined) return undefined;
      if (answer[0] !== 'yours') break;
    }
    return {
      groupIds,
      records: ends.flatMap(({ records }) => records),
      successors: ends.flatMap(({ successors }) => successors),
      chords: ends.flatMap(({ chords }) => chords),
    };
  }

  private async endOf(part: PartReport, delivery: Delivery, head: TaskHead): Promise<ChordEnd | undefined> {
    if (part.failure !== undefined) return part.failure;
    const parts = await this.ask((store) => store.parts(part.groupId));
    return parts === undefined ? undefined : this.join(delivery, head, parts);
  }

  /** Has the process that knows the task make what follows. */
  private async join(delivery: Delivery, head: TaskHead, join: readonly KeptPart[]): Promise<ChordEnd | undefined> {
    const { message, queue, redelivered } = delivery;
    const outcome = await this.options.pool.run({ message, head, queue, redelivered, join }, {});
    if (outcome.as !== 'done') return undefined;
    const { records, successors, chords = [], part } = outcome.reply;
    return { records, successors, chords, outer: part };
  }

  private ask<T>(question: (store: ChordStore) => Promise<T>): Promise<T | undefined> {
    const { backend, settler } = this.options;
    return settler.patiently('ask for a chord', async () => {
      return backend?.chords === undefined ? undefined : question(backend.chords);
    });
  }

  private async close(groupIds: readonly string[]): Promise<void> {
    if (groupIds.length > 0) await this.ask((store) => store.close(groupIds));
  }

  private async dropDeadlines(groupIds: readonly string[]): Promise<void> {
    const { backend, settler } = this.options;
    if (groupIds.length === 0 || backend?.deadlines === undefined) return;
    await settler.patiently('drop the deadline of a chord', async () => backend.deadlines?.drop(groupIds));
  }

  private get closesWithin(): boolean {
    const { isJoint, consumer, backend } = this.options;
    return isJoint && consumer.join !== undefined && backend?.chords?.encodeClosing !== undefined;
  }

  private closingsOf(groupIds: readonly string[]): readonly ChordClosing[] {
    const { backend } = this.options;
    return this.closesWithin ? groupIds.flatMap((groupId) => backend?.chords?.encodeClosing?.(groupId) ?? []) : [];
  }
}

const NOTHING: Following = { groupIds: [], records: [], successors: [], chords: [] };

/** As the store keeps it: without what follows from a failure. */
export function toPart(part: PartReport): ChordPart {
  if (part.failure === undefined) return part;
  const { groupId, taskId, groupIndex, state, result, size } = part;
  return { groupId, taskId, groupIndex, state, result, size };
}
