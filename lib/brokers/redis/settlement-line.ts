import type { RedisLink, RedisScript } from '../../connections/index.js';
import { ConnectionLostError } from '../../errors/index.js';

/** One call of a script. */
export interface ScriptCall {
  readonly script: RedisScript;
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Buffer)[];
}

/**
 * One settlement at a time: the server remembers the last answer, so that one whose reply was lost can be asked about again.
 */
export class SettlementLine {
  private working: Promise<unknown> | undefined;
  private number = 0;
  /** A settlement whose answer never came, by what it was about. */
  private unanswered: { readonly number: number; readonly about: string } | undefined;

  constructor(private readonly link: RedisLink) {}

  /** Resolves when nothing is under way that was when it was asked. */
  async idle(): Promise<void> {
    await this.working?.catch(() => undefined);
  }

  async enter<T>(work: () => Promise<T>): Promise<T> {
    // Not a chain of promises: once one of them is old, V8 would take all later ones, with their batches, for alive.
    while (this.working !== undefined) await this.working.catch(() => undefined);
    const working = work();
    this.working = working;
    try {
      return await working;
    } finally {
      this.working = undefined;
    }
  }

  /**
   * To be called within `enter`.
   * @param about equal only for the same settlement
   * @param callOf makes the call for a number that this owner has for no other settlement
   */
  async run(about: string, callOf: (number: number) => ScriptCall): Promise<readonly number[]> {
    const number = this.unanswered?.about === about ? this.unanswered.number : ++this.number;
    this.unanswered = { number, about };
    const { script, keys, args } = callOf(number);
    for (;;) {
      try {
        const answer = (await this.link.run(script, keys, args)) as readonly number[];
        this.unanswered = undefined;
        return answer;
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        await this.link.ready();
      }
    }
  }
}
