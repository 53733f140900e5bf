export type Cell = string | number | undefined;

/** A Markdown table that is also one in a terminal; columns of numbers are set to the right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => head.map((_, at) => textOf(row[at])));
  const isNumeric = head.map((_, at) => rows.every((row) => row[at] === undefined || typeof row[at] === 'number'));
  const widths = head.map((name, at) => Math.max(3, name.length, ...texts.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (isNumeric[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => (isNumeric[at] ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  return [line(head), rule, ...texts.map(line)].join('\n');
}

function textOf(cell: Cell): string {
  if (cell === undefined) return '–';
  return typeof cell === 'number' ? formatNumber(cell) : cell;
}

/** Three significant digits, and all of those before the point. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(digits, 4));
}
