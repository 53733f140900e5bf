/** Some lines of a file, to be analysed by themselves. */
export interface LogPart {
  readonly file: string;
  readonly firstLine: number;
  readonly lines: readonly string[];
}

/** What some lines say of requests; that of several parts adds up. */
export interface Traffic {
  readonly requests: number;
  /** Requests that the server failed. */
  readonly failed: number;
  readonly slowest: { readonly path: string; readonly ms: number } | null;
}

/** A line that is none of an access log. */
export class MalformedLineError extends Error {
  override readonly name = 'MalformedLineError';
}

/** Cuts a file into parts of so many lines; an empty one has one part without lines. */
export function cut(file: string, text: string, size: number): readonly LogPart[] {
  const lines = text.split('\n').filter((line, at, all) => line !== '' || at < all.length - 1);
  const count = Math.max(1, Math.ceil(lines.length / size));
  return Array.from({ length: count }, (_, at) => ({
    file,
    firstLine: at * size + 1,
    lines: lines.slice(at * size, (at + 1) * size),
  }));
}

/** @throws {MalformedLineError} naming the first line that is not of the form `2026-11-20T08:00:01Z GET /orders 200 41` */
export function analyze({ file, firstLine, lines }: LogPart): Traffic {
  return add(
    lines.map((line, at) => {
      const [, path, status, ms] = /^\S+Z [A-Z]+ (\/\S*) (\d{3}) (\d+)$/.exec(line) ?? [];
      if (path === undefined) throw new MalformedLineError(`${file}, line ${firstLine + at}: ${JSON.stringify(line)}`);
      return { requests: 1, failed: Number(status) >= 500 ? 1 : 0, slowest: { path, ms: Number(ms) } };
    }),
  );
}

export function add(parts: readonly Traffic[]): Traffic {
  return parts.reduce<Traffic>(
    (sum, { requests, failed, slowest }) => ({
      requests: sum.requests + requests,
      failed: sum.failed + failed,
      slowest: (slowest?.ms ?? -1) > (sum.slowest?.ms ?? -1) ? slowest : sum.slowest,
    }),
    { requests: 0, failed: 0, slowest: null },
  );
}

export function describe(file: string, { requests, failed, slowest }: Traffic): string {
  const slow = slowest === null ? '' : `, slowest ${slowest.path} with ${slowest.ms} ms`;
  return `${file}: ${requests} requests, ${failed} failed${slow}`;
}
