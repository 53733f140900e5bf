import { openChords, type ChordPart, type ChordStore, type ResultBackend } from '../../backends/index.js';
import type { Consumer, Delivery, JoinAnswer } from '../../brokers/index.js';
import type { SettleOutcome, Settling } from '../settling.js';

export interface PartCounterOptions {
  readonly consumer: Consumer;
  readonly backend: ResultBackend | undefined;
  /** Whether the broker writes the results in the same step. */
  readonly isJoint: boolean;
}

/** What became of a batch. */
export interface Counted<E> {
  /** Nothing is left to do for these. */
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
    if (store === undefined) return { done: [], left: batch, refused: [] };
    const chords = batch.flatMap((entry) => entry.chords ?? []);
    const isOpened =
      chords.length === 0 ||
      (await this.persist('open chords', () => openChords(this.options.backend ?? {}, chords).then(() => true))) ===
        true;
    const [unopened, open] = split(batch, (entry) => !isOpened && (entry.chords ?? []).length > 0);
    const [parts, others] = split(open, (entry) => entry.part !== undefined);
    if (parts.length === 0) return { done: [], left: others, refused: unopened };
    const canJoin = this.canJoin(store);
    const [joinable, reportable] = split(parts, ({ settlement }) => canJoin && settlement.as === 'ack');
    const joined = await this.join(joinable, store);
    const reported = await this.report(reportable, store);
    return {
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
    const batch = entries.map(({ settlement, part }) => ({
      delivery: settlement.delivery,
      ...(settlement.results !== undefined && { results: settlement.results }),
      ...(settlement.successors !== undefined && { successors: settlement.successors }),
      part: store.encode!(part!),
    }));
    const answer = await this.persist('settle messages', () => consumer.join!(batch));
    return answer === undefined ? { ...NOTHING, refused: entries } : { ...NOTHING, done: outcomes(entries, answer) };
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
    if (answers === undefined) return { done: gone, left: [], refused: held };
    const [yours, left] = split(held, (_entry, index) => answers[index] === 'yours');
    return { done: [...gone, ...yours.map((entry) => ({ entry, outcome: 'yours' as const }))], left, refused: [] };
  }
}

const NOTHING: Counted<never> = { done: [], left: [], refused: [] };

/** Those that are, and those that are not. */
function split<E>(entries: readonly E[], is: (entry: E, index: number) => boolean): readonly [E[], E[]] {
  const both: readonly [E[], E[]] = [[], []];
  entries.forEach((entry, index) => both[is(entry, index) ? 0 : 1].push(entry));
  return both;
}

function outcomes<E extends Settling>(entries: readonly E[], { lost, yours }: JoinAnswer): Counted<E>['done'] {
  if (lost.length + yours.length === 0) return entries.map((entry) => ({ entry, outcome: 'counted' }));
  const [lostTags, yourTags] = [tagsOf(lost), tagsOf(yours)];
  return entries.map((entry) => {
    const { tag } = entry.settlement.delivery;
    return { entry, outcome: lostTags.has(tag) ? 'lost' : yourTags.has(tag) ? 'yours' : 'counted' };
  });
}

function tagsOf(deliveries: readonly Delivery[]): ReadonlySet<string> {
  return new Set(deliveries.map(({ tag }) => tag));
}
