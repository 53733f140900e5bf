import type { TaskBody } from './message.js';
import { parseBody } from './task-body.js';

/** What stands between the arguments of a body without keyword arguments and what follows from its end, as Python and this library write it and as JavaScript does. */
const MIDDLES = [', {}, ', ',{},'] as const;
const BEGINNINGS = [`${MIDDLES[0]}{"callbacks":`, `${MIDDLES[1]}{"callbacks":`] as const;

/** Decodes JSON text as part of a body; `undefined` where it cannot. */
export type DecodePart = (json: string) => unknown;

/**
 * The members of a chord say in each of their messages what follows from all of them, in the same words, often longer than all else. Those that come one after
 * another are read but for these, which are read once.
 */
export class SharedEmbed {
  /** The end of the last body that was looked at: what is seen once is not worth the work. */
  private candidate = '';
  private end = '';
  private following: Omit<TaskBody, 'args' | 'kwargs'> | undefined;
  private decodedBy: unknown;

  /**
   * `undefined` for a body that ends otherwise than those before it. Where the text before that end is JSON, the whole is.
   * @param by whose way of decoding it is
   */
  read(body: string, by: unknown, decode: DecodePart): TaskBody | undefined {
    if (this.decodedBy !== by || this.following === undefined || !body.endsWith(this.end)) {
      if (!this.learn(body, by, decode)) return undefined;
    }
    const args = body.startsWith('[') ? decode(body.slice(1, -this.end.length)) : undefined;
    if (!Array.isArray(args)) return undefined;
    const { callbacks, errbacks, chain, chord } = this.following as TaskBody;
    return { args, kwargs: {}, callbacks, errbacks, chain, chord };
  }

  /** Whether it ends as the one before it, and that end is known now. */
  private learn(body: string, by: unknown, decode: DecodePart): boolean {
    const spaced = body.indexOf(BEGINNINGS[0]);
    const at = spaced < 0 ? body.indexOf(BEGINNINGS[1]) : spaced;
    if (at < 0) return false;
    const end = body.slice(at);
    if (end !== this.candidate) {
      this.candidate = end;
      return false;
    }
    const embed = decode(end.slice((spaced < 0 ? MIDDLES[1] : MIDDLES[0]).length, -1));
    if (embed === undefined || !end.endsWith(']')) return false;
    const { callbacks, errbacks, chain, chord } = parseBody([[], {}, embed]);
    this.end = end;
    this.decodedBy = by;
    this.following = { callbacks, errbacks, chain, chord };
    return true;
  }
}
