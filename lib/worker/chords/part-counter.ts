import { openChords, type ChordPart, type ChordStore, type ResultBackend } from '../../backends/index.js';
import type { Consumer, Delivery, EncodedPart, JoinAnswer, JoinSettlement, Settlement } from '../../brokers/index.js';
import type { SettleOutcome, Settling } from '../settling.js';

export interface PartCounterOptions {
  readonly consumer: Consumer;
  readonly backend: ResultBackend | undefined;
  /** Whether the broker writes the results in the same step. */
  readonly isJoint: boolean;
}

/** What became of a batch. */
export interface Counted<E> {
  /** Settled, as nearly all are. */
  readonly counted: readonly E[];
  /** Nothing is left to do for these either. */
  readonly done: readonly { readonly entry: E; readonly outcome: SettleOutcome }[];
  /** To be settled as they are. */
  readonly left: readonly E[];
  /** The store could not be reached: to be given back. */
  readonly refused: readonly E[];
}

type Persist = <T>(what: string, operation: () => Promise<T>) => Promise<T | undefined>;

/**
 * Counts the parts of chords in a batch of settlements before they are settled; in the same step where the broker can. A part that ends its chord is not settled: its
 * message stays held until what follows goes out with it.
 */
export class PartCounter {
  constructor(
    private readonly options: PartCounterOptions,
    private readonly persist: Persist,
  ) {}

  async count<E extends Settling>(batch: readonly E[]): Promise<Counted<E>> {
    const store = this.options.backend?.chords;
    if (store === undefined) return { ...NOTHING, left: batch };
    const canJoin = this.canJoin(store);
    if (canJoin && batch.every(isNothingButPart)) return this.join(batch, store);
    const chords = batch.flatMap((entry) => entry.chords ?? []);
    const isOpened =
      chords.length === 0 ||
      (await this.persist('open chords', () => openChords(this.options.backend ?? {}, chords).then(() => true))) ===
        true;
    const [unopened, open] = split(batch, (entry) => !isOpened && (entry.chords ?? []).length > 0);
    const [parts, others] = split(open, (entry) => entry.part !== undefined);
    if (parts.length === 0) return { ...NOTHING, left: others, refused: unopened };
    const [joinable, reportable] = split(parts, ({ settlement }) => canJoin && settlement.as === 'ack');
    const joined = await this.join(joinable, store);
    const reported = await this.report(reportable, store);
    return {
      counted: joined.counted,
      done: [...joined.done, ...reported.done],
      left: [...others, ...joined.left, ...reported.left],
      refused: [...unopened, ...joined.refused, ...reported.refused],
    };
  }

  private canJoin(store: ChordStore): boolean {
    const { consumer, isJoint } = this.options;
    return isJoint && consumer.join !== undefined && store.encode !== undefined;
  }

  private async join<E extends Settling>(entries: readonly E[], store: ChordStore): Promise<Counted<E>> {
    const { consumer } = this.options;
    if (entries.length === 0) return NOTHING;
    const batch = entries.map(({ settlement, part }) => joinSettlementOf(settlement, store.encode!(part!)));
    const answer = await this.persist('settle messages', () => consumer.join!(batch));
    return answer === undefined ? { ...NOTHING, refused: entries } : countedOf(entries, answer);
  }

  private async report<E extends Settling>(entries: readonly E[], store: ChordStore): Promise<Counted<E>> {
    if (entries.length === 0) return NOTHING;
    const { consumer } = this.options;
    const deliveries = entries.map(({ settlement }) => settlement.delivery);
    const lost = await this.persist('check what is held', () => consumer.findLost(deliveries));
    if (lost === undefined) return { ...NOTHING, refused: entries };
    const lostTags = tagsOf(lost);
    const [absent, held] = split(entries, ({ settlement }) => lostTags.has(settlement.delivery.tag));
    const parts = held.map(({ part }) => part as ChordPart);
    const answers = await this.persist('count parts of chords', () => store.report(parts));
    const gone = absent.map((entry) => ({ entry, outcome: 'lost' as const }));
    if (answers === undefined) return { ...NOTHING, done: gone, refused: held };
    const [yours, left] = split(held, (_entry, index) => answers[index] === 'yours');
    return { ...NOTHING, done: [...gone, ...yours.map((entry) => ({ entry, outcome: 'yours' as const }))], left };
  }
}

const NOTHING: Counted<never> = { counted: [], done: [], left: [], refused: [] };

/** Those that are, and those that are not. */
function split<E>(entries: readonly E[], is: (entry: E, index: number) => boolean): readonly [E[], E[]] {
  const both: readonly [E[], E[]] = [[], []];
  entries.forEach((entry, index) => both[is(entry, index) ? 0 : 1].push(entry));
  return both;
}

function isNothingButPart({ settlement, chords, part }: Settling): boolean {
  return part !== undefined && settlement.as === 'ack' && (chords === undefined || chords.length === 0);
}

/** Nearly all are results alone, and are written out, as spreading costs ten times as much. */
function joinSettlementOf({ delivery, results, successors }: Settlement, part: EncodedPart): JoinSettlement {
  if (results !== undefined && successors === undefined) return { delivery, results, part };
  return {
    delivery,
    ...(results !== undefined && { results }),
    ...(successors !== undefined && { successors }),
    part,
  };
}

function countedOf<E extends Settling>(entries: readonly E[], { lost, yours }: JoinAnswer): Counted<E> {
  if (lost.length + yours.length === 0) return { ...NOTHING, counted: entries };
  const [lostTags, yourTags] = [tagsOf(lost), tagsOf(yours)];
  const counted: E[] = [];
  const done: Counted<E>['done'][number][] = [];
  for (const entry of entries) {
    const { tag } = entry.settlement.delivery;
    if (lostTags.has(tag)) done.push({ entry, outcome: 'lost' });
    else if (yourTags.has(tag)) done.push({ entry, outcome: 'yours' });
    else counted.push(entry);
  }
  return { ...NOTHING, counted, done };
}

function tagsOf(deliveries: readonly Delivery[]): ReadonlySet<string> {
  return new Set(deliveries.map(({ tag }) => tag));
}
