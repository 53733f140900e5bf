import type { RedisLink } from '../../connections/index.js';
import { RedisCommandError } from '../../errors/index.js';
import { inOrder } from './in-order.js';
import { storeResults } from './lua.generated.js';
import { pagesOf } from './result-pages.js';

/** Does what may be done twice, again and again while connections break. Throws while the backend is not connected. */
export type RunRepeatedly = <T>(operation: (link: RedisLink) => Promise<T>) => Promise<T>;

/** A text as all backends of Celery's keep it. */
export interface KeptText {
  readonly key: string;
  readonly value: string;
  /** `0` for ever. */
  readonly expiresMs: number;
}

/** Keeps texts, and tells those who listen to the channels of their keys. Nothing replaces a task's SUCCESS. */
export class RedisTexts {
  constructor(
    /** Where they are, for errors. */
    readonly place: string,
    private readonly run: RunRepeatedly,
  ) {}

  /** @param texts all kept equally long */
  async store(texts: readonly KeptText[]): Promise<void> {
    const pages = pagesOf(texts);
    await this.run((link) => inOrder(pages.map((page) => this.storePage(link, page))));
  }

  private async storePage(link: RedisLink, page: readonly KeptText[]): Promise<void> {
    const reply = await link.run(
      storeResults,
      page.map(({ key }) => key),
      [page[0]?.expiresMs ?? 0, ...page.map(({ value }) => value)],
    );
    const refused = (reply as readonly number[]).map((number) => `"${page[number - 1]?.key}"`);
    if (refused.length === 0) return;
    throw new RedisCommandError(
      this.place,
      'store results',
      `what is under ${refused.join(', ')} is no result but a list, a hash or the like. Rename or delete it, or choose another database or "keyPrefix"; all other results were stored.`,
    );
  }
}
