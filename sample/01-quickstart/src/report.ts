import { relative } from 'node:path';
import type { FileFacts } from './analyze-file.js';
import type { Licence } from './licence-api.js';

/** A file that cannot be read, or has gone meanwhile. */
export interface FailedFile {
  readonly path: string;
  readonly error: string;
}

/** What one task has found out; paths are absolute. */
export type Finding = FileFacts | FailedFile | Licence;

export interface Report {
  readonly directory: string;
  readonly totals: { readonly files: number; readonly bytes: number; readonly lines: number; readonly words: number };
  /** Largest first; paths are relative to the directory. */
  readonly files: readonly (FileFacts & { readonly licence: string | null })[];
  readonly failed: readonly FailedFile[];
  readonly leftOut: readonly string[];
}

export function composeReport(directory: string, findings: readonly Finding[], leftOut: readonly string[]): Report {
  const facts = findings.filter((each) => 'sha256' in each);
  const failed = findings.filter((each) => 'error' in each);
  const licenceOf = new Map(findings.filter((each) => 'licence' in each).map(({ path, licence }) => [path, licence]));
  const files = facts.map((each) => ({
    ...each,
    path: relative(directory, each.path),
    licence: licenceOf.get(each.path) ?? null,
  }));
  const sum = (key: 'bytes' | 'lines' | 'words'): number => files.reduce((total, file) => total + file[key], 0);
  return {
    directory,
    totals: { files: files.length, bytes: sum('bytes'), lines: sum('lines'), words: sum('words') },
    files: files.sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1)),
    failed: failed.map(({ path, error }) => ({ path: relative(directory, path), error })),
    leftOut: leftOut.map((path) => relative(directory, path)),
  };
}

/** The report as text, a line a file. */
export function formatReport({ directory, totals, files, failed, leftOut }: Report): string {
  return [
    `Report of ${directory}: ${totals.files} files, ${totals.bytes} bytes, ${totals.lines} lines, ${totals.words} words`,
    ...files.map(
      (file) =>
        `${String(file.bytes).padStart(9)} B ${String(file.lines).padStart(6)} lines ${String(file.words).padStart(7)} words` +
        `  gzip ${file.gzipRatio.toFixed(3)}  brotli ${file.brotliRatio.toFixed(3)}  ${file.sha256.slice(0, 12)}` +
        `  ${(file.licence ?? '-').padEnd(9)}  ${onOneLine(file.path)}`,
    ),
    ...failed.map(({ path, error }) => `failed: ${onOneLine(path)}: ${onOneLine(error)}`),
    ...(leftOut.length === 0 ? [] : [`Left out: ${leftOut.map(onOneLine).join(', ')}`]),
  ].join('\n');
}

/** A name may hold line breaks. */
function onOneLine(text: string): string {
  return /\p{Cc}/u.test(text) ? JSON.stringify(text) : text;
}
