import { EnvelopeMessage, readDeath } from '../../protocol/index.js';
import type { DeadLetter, DeadLetterReason, DeadLetters } from '../broker.interface.js';
import { formatRedriven } from '../virtual/dead-letter.js';
import { redrive } from './lua.generated.js';
import type { RedisTools } from './redis-abilities.js';
import { lossesKeyOf } from './redis-envelope.js';

const PAGE = 100;

interface Found extends DeadLetter {
  readonly text: string;
}

/** The dead of a queue: envelopes in the list `<queue>.dead`, which Python reads as any other queue. */
export class RedisDeadLetters implements DeadLetters {
  constructor(private readonly connected: () => RedisTools) {}

  async list(queue: string, { offset = 0, limit = 100 } = {}): Promise<readonly DeadLetter[]> {
    return (await this.read(queue, offset, limit)).map(({ text: _, ...letter }) => letter);
  }

  async count(queue: string): Promise<number> {
    const { link, keys } = this.connected();
    return Number(await link.call('count dead letters', 'llen', [keys.dead(queue)]));
  }

  async redrive(queue: string, wanted?: readonly string[]): Promise<number> {
    const { link, keys } = this.connected();
    let count = 0;
    for (const { text, queue: home } of await this.find(queue, wanted)) {
      const fixed = [keys.dead(queue), keys.list(home, 0), lossesKeyOf(keys, text)];
      count += Number(await link.run(redrive, fixed, [text, formatRedriven(text)]));
    }
    return count;
  }

  async purge(queue: string, wanted?: readonly string[]): Promise<number> {
    const { link, keys } = this.connected();
    if (wanted === undefined) {
      const count = await this.count(queue);
      await link.call('purge dead letters', 'unlink', [keys.dead(queue)]);
      return count;
    }
    let count = 0;
    for (const { text } of await this.find(queue, wanted)) {
      count += Number(await link.call('purge dead letters', 'lrem', [keys.dead(queue), -1, text]));
    }
    return count;
  }

  private async find(queue: string, wanted: readonly string[] | undefined): Promise<readonly Found[]> {
    const isWanted = wanted === undefined ? undefined : new Set(wanted);
    const found: Found[] = [];
    for (let offset = 0; ; offset += PAGE) {
      const page = await this.read(queue, offset, PAGE);
      found.push(...page.filter(({ key }) => isWanted?.has(key) ?? true));
      if (page.length < PAGE) return found;
    }
  }

  /** The oldest stands at the right end. */
  private async read(queue: string, offset: number, limit: number): Promise<readonly Found[]> {
    if (limit <= 0) return [];
    const { link, keys } = this.connected();
    const range = [keys.dead(queue), -offset - limit, -offset - 1];
    const texts = (await link.call('read dead letters', 'lrange', range)) as string[];
    return texts.reverse().map((text) => toLetter(text, queue));
  }
}

function toLetter(text: string, queue: string): Found {
  const message = new EnvelopeMessage(text);
  try {
    const death = readDeath(message);
    return {
      key: message.properties.deliveryTag ?? '',
      queue: death?.queue || queue,
      reason: (death?.reason ?? 'undecodable') as DeadLetterReason,
      error: death === undefined ? `It was put here unread, ${text.length} characters long.` : death.error,
      diedAtMs: death?.timeMs ?? 0,
      losses: 0,
      message,
      text,
    };
  } catch (error) {
    return { key: '', queue, reason: 'undecodable', error: String(error), diedAtMs: 0, losses: 0, message, text };
  }
}
