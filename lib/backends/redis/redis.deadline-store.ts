import { chordKeys } from '../../protocol/index.js';
import { DEADLINE_REST_MS, type Deadline, type DeadlineStore } from '../deadline-store.interface.js';
import type { ResultCodec } from '../result-codec.js';
import { dropDeadlines, dueDeadlines, setDeadlines } from './lua.generated.js';
import type { RunRepeatedly } from './redis-texts.js';

/** Deadlines of one script. */
const PAGE = 200;

/** Keeps deadlines in Redis; by the server's clock they are told of. Setting and dropping them may be repeated. */
export class RedisDeadlineStore implements DeadlineStore {
  private readonly keys: readonly string[];

  constructor(
    private readonly run: RunRepeatedly,
    codec: ResultCodec,
  ) {
    const place = chordKeys(codec.groupKeyOf('')).at(-1) ?? '';
    this.keys = [`${place}:deadlines`, `${place}:texts`];
  }

  async set(deadlines: readonly Deadline[]): Promise<void> {
    for (let at = 0; at < deadlines.length; at += PAGE) {
      const args = deadlines
        .slice(at, at + PAGE)
        .flatMap(({ key, atMs, text }) => [key, (atMs / 1_000).toFixed(3), text]);
      await this.run((link) => link.run(setDeadlines, this.keys, args));
    }
  }

  async due(limit: number): Promise<readonly Pick<Deadline, 'key' | 'text'>[]> {
    const reply = await this.run((link) => link.run(dueDeadlines, this.keys, [limit, DEADLINE_REST_MS / 1_000]));
    const words = reply as readonly string[];
    return Array.from({ length: words.length / 2 }, (_none, index) => ({
      key: words[index * 2] as string,
      text: words[index * 2 + 1] as string,
    }));
  }

  async drop(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += PAGE) {
      const page = keys.slice(at, at + PAGE);
      await this.run((link) => link.run(dropDeadlines, this.keys, page));
    }
  }
}
