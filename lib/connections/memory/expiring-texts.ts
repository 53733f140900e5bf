import type { Clock } from '../../time/index.js';

/** Texts by key, each kept for a time. */
export class ExpiringTexts {
  private readonly texts = new Map<string, { readonly text: string; readonly endMs: number }>();

  constructor(private readonly clock: Clock) {}

  /** @param expiresMs how long it is kept from now on; `0` for ever */
  put(key: string, text: string, expiresMs: number): void {
    this.texts.set(key, { text, endMs: expiresMs > 0 ? this.clock.now() + expiresMs : Infinity });
  }

  get(key: string): string | undefined {
    const kept = this.texts.get(key);
    if (kept === undefined || kept.endMs > this.clock.now()) return kept?.text;
    this.texts.delete(key);
    return undefined;
  }

  delete(key: string): void {
    this.texts.delete(key);
  }

  /** Deletes what has expired. */
  sweep(): number {
    const nowMs = this.clock.now();
    let swept = 0;
    for (const [key, { endMs }] of this.texts) {
      if (endMs > nowMs) continue;
      this.texts.delete(key);
      swept += 1;
    }
    return swept;
  }
}
