import { describe, inject } from 'vitest';
import type { ServerName } from './server-catalogue.js';
import { missingServerMark, standInMark } from './summary.mjs';

/** What became of a server that a spec asked for: where it listens, for each file that runs at a time, or why it could not be had. */
export type ServerState =
  | { readonly urls: readonly string[]; /** What came in its place, and why. */ readonly standIn?: string }
  | { readonly reason: string };

declare module 'vitest' {
  interface ProvidedContext {
    servers: Readonly<Record<string, ServerState>>;
  }
}

/**
 * A group of tests against a real server, which is started for the run because some spec names it here. Where the server cannot
 * be had the group is skipped, and the end of the run says so by name and count; with `CI=true` that is a failure. Where its second
 * source came in its place the group runs, and the end of the run says that too.
 * @param name the server, as a string literal: it is found by reading the spec
 * @param body registers the tests; `url` is only good inside hooks and tests
 */
export function describeWithServer(name: ServerName, title: string, body: (url: string) => void): void {
  const state = inject('servers')[name];
  if (state === undefined) throw new Error(`Server "${name}" was not started: is its name a literal in this spec?`);
  if ('reason' in state) {
    describe.skip(`${missingServerMark}${name} (${state.reason})`, () => {
      describe(title, () => body(''));
    });
  } else if (state.standIn === undefined) describe(title, () => body(urlOf(state.urls)));
  else {
    describe(`${standInMark}${name} (${state.standIn})`, () => {
      describe(title, () => body(urlOf(state.urls)));
    });
  }
}

/** That of this one of Vitest's workers, which are numbered from 1 and run a file at a time. */
function urlOf(urls: readonly string[]): string {
  return urls[(Number(process.env['VITEST_POOL_ID'] ?? 1) - 1) % urls.length] ?? '';
}
