import { relative } from 'node:path';
import type { FileFacts } from './analyze-file.js';
import type { Licence } from './licence-api.js';

export interface Report {
  readonly directory: string;
  readonly totals: { readonly files: number; readonly bytes: number; readonly lines: number; readonly words: number };
  readonly files: readonly (FileFacts & { readonly licence: string | null })[];
}

/** One report of all files, largest first. */
export function composeReport(directory: string, facts: readonly FileFacts[], licences: readonly Licence[]): Report {
  const licenceOf = new Map(licences.map(({ path, licence }) => [path, licence]));
  const files = facts.map((each) => ({
    ...each,
    path: relative(directory, each.path),
    licence: licenceOf.get(each.path) ?? null,
  }));
  const sum = (key: 'bytes' | 'lines' | 'words'): number => files.reduce((total, file) => total + file[key], 0);
  return {
    directory,
    totals: { files: files.length, bytes: sum('bytes'), lines: sum('lines'), words: sum('words') },
    files: files.sort((a, b) => b.bytes - a.bytes || a.path.localeCompare(b.path)),
  };
}

/** The report as text, a line a file. */
export function formatReport({ directory, totals, files }: Report): string {
  const lines = files.map(
    (file) =>
      `${String(file.bytes).padStart(9)} B ${String(file.lines).padStart(6)} lines ${String(file.words).padStart(7)} words` +
      `  gzip ${file.gzipRatio.toFixed(3)}  brotli ${file.brotliRatio.toFixed(3)}  ${file.sha256.slice(0, 12)}` +
      `  ${(file.licence ?? '-').padEnd(9)}  ${file.path}`,
  );
  return [
    `Report of ${directory}: ${totals.files} files, ${totals.bytes} bytes, ${totals.lines} lines, ${totals.words} words`,
    ...lines,
  ].join('\n');
}
