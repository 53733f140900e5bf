import { ChordCall, PART_ANSWERS, type RedisLink } from '../../connections/index.js';
import { chordKeys, formatChordPart, parseChordPart } from '../../protocol/index.js';
import type {
  ChordOpening,
  ChordPart,
  ChordStore,
  EncodedPartText,
  KeptPart,
  PartAnswer,
} from '../chord-store.interface.js';
import type { ResultCodec } from '../result-codec.js';
import { inOrder } from './in-order.js';
import { closeChords, extendChord, readChord, reportParts } from './lua.generated.js';
import type { RedisTexts, RunRepeatedly } from './redis-texts.js';
import { pagesOf } from './result-pages.js';
import { unreadable } from './unreadable.js';

/** Chords that are closed in one step. */
const PAGE = 500;
/** Parts that are read in one step. */
const PARTS_PAGE = 1_000;
/** So many such steps are asked for at a time: the server need not wait for us, nor others long for it. */
const PAGES_AHEAD = 4;
/** Parts that are no more than that are read as one text. @unit bytes */
const SMALL_PAGE = 1024 * 1024;

/** An extension is remembered so long where chords are kept for ever. */
const MEMORY_MS = 7 * 86_400_000;

/** As `_chord.lua`: so many extra parts keep a Python worker from sending what follows. */
const NEVER = 1e12;

/** What is known of a chord besides its parts. */
interface ReadChord {
  readonly count: number;
  readonly size: string;
  readonly extra: string;
  readonly claim: string;
  readonly parts: readonly string[];
}

/**
 * Counts the parts of chords in Redis, under Celery's own keys, so that a Python worker may report the last part of a chord of ours, and we of one of
 * Python's. Each part is added and looked at in one script.
 * @source celery/backends/redis.py `on_chord_part_return`
 */
export class RedisChordStore implements ChordStore {
  constructor(
    private readonly run: RunRepeatedly,
    private readonly texts: RedisTexts,
    private readonly codec: ResultCodec,
  ) {}

  async open(chords: readonly ChordOpening[]): Promise<void> {
    const { expiresMs } = this.codec;
    await this.texts.store(
      chords.map(({ groupId, size }) => ({
        key: `${this.codec.groupKeyOf(groupId)}.s`,
        value: String(size),
        expiresMs,
      })),
    );
  }

  async report(parts: readonly ChordPart[]): Promise<readonly PartAnswer[]> {
    const pages = pagesOf(parts.map((part) => this.encode(part)));
    const answers = await this.run((link) => inOrder(pages.map((page) => this.reportPage(link, page))));
    return answers.flat();
  }

  async parts(groupId: string): Promise<readonly KeptPart[]> {
    const { count, parts: texts } = await this.read(groupId, 0, PARTS_PAGE - 1);
    const parts = texts.map((text) => this.decode(groupId, text));
    const starts = Array.from({ length: Math.ceil(count / PARTS_PAGE) }, (_, page) => page * PARTS_PAGE).slice(1);
    while (starts.length > 0) {
      const pages = starts.splice(0, PAGES_AHEAD).map((start) => this.read(groupId, start, start + PARTS_PAGE - 1));
      for (const page of await inOrder(pages)) for (const text of page.parts) parts.push(this.decode(groupId, text));
    }
    return parts;
  }

  async close(groupIds: readonly string[]): Promise<void> {
    const closings = groupIds.map((groupId) => this.encodeClosing(groupId));
    for (let start = 0; start < closings.length; start += PAGE) {
      const page = closings.slice(start, start + PAGE);
      await this.run((link) =>
        link.run(
          closeChords,
          page.flatMap(({ key }) => chordKeys(key)),
          page.map(({ expiresMs }) => Math.ceil(expiresMs)),
        ),
      );
    }
  }

  async extend(groupId: string, by: number, once: string): Promise<void> {
    const key = this.codec.groupKeyOf(groupId);
    const [, , extra = '', , , , claim = ''] = chordKeys(key);
    const rememberMs = this.codec.expiresMs > 0 ? this.codec.expiresMs : MEMORY_MS;
    const keys = [extra, `${claim}:${once}`];
    await this.run((link) => link.run(extendChord, keys, [by, this.codec.expiresMs, rememberMs]));
  }

  async progress(groupId: string): Promise<{ readonly done: number; readonly size: number | undefined }> {
    const { count, size, extra, claim } = await this.read(groupId, 0, 0);
    const [, done, total = ''] = /^=(\d+)\/(\d*)$/.exec(claim) ?? [];
    if (done !== undefined) return { done: Number(done), size: total === '' ? undefined : Number(total) };
    return { done: count, size: size === '' ? undefined : Number(size) + (Number(extra) % NEVER) };
  }

  encode({ groupId, taskId, groupIndex, state, result, size }: ChordPart): EncodedPartText {
    return {
      groupId,
      taskId,
      key: this.codec.groupKeyOf(groupId),
      value: formatChordPart({ taskId, state, result }),
      groupIndex,
      succeeded: state === 'SUCCESS',
      size,
      expiresMs: this.codec.expiresMs,
    };
  }

  encodeClosing(groupId: string): { readonly key: string; readonly expiresMs: number } {
    return { key: this.codec.groupKeyOf(groupId), expiresMs: this.codec.expiresMs };
  }

  private decode(groupId: string, text: string): KeptPart {
    try {
      return parseChordPart(text);
    } catch (error) {
      throw unreadable(this.texts.place, `${this.codec.groupKeyOf(groupId)}.j`, error);
    }
  }

  private async reportPage(link: RedisLink, page: readonly EncodedPartText[]): Promise<readonly PartAnswer[]> {
    const call = new ChordCall(chordKeys);
    const args = page.flatMap((part) => call.add(part));
    const answers = await link.run(reportParts, call.keys, [call.expiries.length, ...call.expiries, ...args]);
    return (answers as readonly number[]).map((answer) => PART_ANSWERS[answer] ?? 'over');
  }

  private async read(groupId: string, first: number, last: number): Promise<ReadChord> {
    const keys = chordKeys(this.codec.groupKeyOf(groupId));
    const reply = await this.run((link) => link.run(readChord, keys, [first, last, SMALL_PAGE]));
    const [count, size, extra, claim, parts] = reply as [number, string, string, string, string | readonly string[]];
    return { count, size, extra, claim, parts: typeof parts === 'string' ? parts.split('\0') : parts };
  }
}
