import { RemoteTaskError, TaskQueueError } from '../../errors/index.js';

/** Prints one JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, plain, 2)}\n`);
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints rows under their heads, in columns. */
export function printTable(heads: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]?.length ?? 0)));
  for (const row of [heads, ...rows]) {
    printLine(
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** A value as people read it: text as it is, all else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, plain, 2) ?? 'null');
}

/** What JSON has no form for. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof RemoteTaskError) return { type: value.excType, message: value.message };
  if (value instanceof TaskQueueError) return { type: value.name, code: value.code, message: value.message };
  if (value instanceof Error) return { type: value.name, message: value.message };
  return value;
}
