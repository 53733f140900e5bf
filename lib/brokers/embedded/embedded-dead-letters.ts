import type { EmbeddedStore, SqlRow } from '../../connections/index.js';
import { EnvelopeMessage } from '../../protocol/index.js';
import type { DeadLetter, DeadLetterReason, DeadLetters } from '../broker.interface.js';
import { formatRedriven } from '../virtual/dead-letter.js';
import { addRow, readEnvelope } from './message-rows.js';
import { DEAD_COUNT, DEAD_ONE, DEAD_PAGE, REMOVE_DEAD } from './message-sql.js';

/** Most dead letters of one transaction. */
const PAGE = 200;

export class EmbeddedDeadLetters implements DeadLetters {
  /** @param connected the store, once the broker is connected */
  constructor(private readonly connected: () => EmbeddedStore) {}

  async list(
    queue: string,
    page: { readonly offset?: number; readonly limit?: number } = {},
  ): Promise<readonly DeadLetter[]> {
    const { offset = 0, limit = 100 } = page;
    const store = this.connected();
    return store.read(() =>
      store
        .sql(DEAD_PAGE)
        .all(queue, limit, offset)
        .map((row) => toDeadLetter(store, queue, row)),
    );
  }

  async count(queue: string): Promise<number> {
    const store = this.connected();
    return store.read(() => Number(store.sql(DEAD_COUNT).get(queue)?.['count'] ?? 0));
  }

  async redrive(queue: string, keys?: readonly string[]): Promise<number> {
    return this.each(queue, keys, (store, id) => {
      const dead = store.sql(DEAD_ONE).get(id, queue);
      if (dead === undefined) return 0;
      addRow(store, { queue, priority: Number(dead['priority']), envelope: formatRedriven(readEnvelope(store, id)) });
      return Number(store.sql(REMOVE_DEAD).run(id, queue).changes);
    });
  }

  async purge(queue: string, keys?: readonly string[]): Promise<number> {
    return this.each(queue, keys, (store, id) => Number(store.sql(REMOVE_DEAD).run(id, queue).changes));
  }

  /** Does it to the chosen ones, or to all there are now, in transactions of a bounded size. */
  private async each(
    queue: string,
    keys: readonly string[] | undefined,
    act: (store: EmbeddedStore, id: number) => number,
  ): Promise<number> {
    const store = this.connected();
    const chosen =
      keys ??
      (await store.read(() =>
        store
          .sql(DEAD_PAGE)
          .all(queue, -1, 0)
          .map(({ id }) => String(id)),
      ));
    let count = 0;
    for (let start = 0; start < chosen.length; start += PAGE) {
      const ids = chosen
        .slice(start, start + PAGE)
        .map(Number)
        .filter(Number.isSafeInteger);
      count += await store.write(() => ids.reduce((sum, id) => sum + act(store, id), 0), ids.length);
    }
    return count;
  }
}

function toDeadLetter(store: EmbeddedStore, queue: string, { id, reason, error, died, losses }: SqlRow): DeadLetter {
  return {
    key: String(id),
    queue,
    reason: String(reason) as DeadLetterReason,
    error: String(error),
    diedAtMs: Number(died),
    losses: Number(losses),
    message: new EnvelopeMessage(readEnvelope(store, Number(id))),
  };
}
