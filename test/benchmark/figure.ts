import { formatNumber, markdownTable } from '../tools/markdown-table.js';

/** One figure, and what is asked of it. */
export interface Figure {
  readonly what: string;
  /** `undefined` where this system does not tell. */
  readonly value: number | undefined;
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** What a part of the benchmark found. */
export interface Finding {
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly how: string;
  readonly figures: readonly Figure[];
}

export function describeFinding({ title, how, figures }: Finding): string {
  const rows = figures.map((figure) => [figure.what, askedOf(figure), measuredOf(figure), verdictOn(figure)]);
  return `### ${title}\n\n${how}\n\n${markdownTable(['figure', 'asked', 'measured', ''], rows)}\n`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** @param part from 0 to 1 */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** How much a value grows for each step of another, by least squares. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return variance === 0 ? 0 : covariance / variance;
}

function askedOf({ atMost, atLeast, unit }: Figure): string {
  if (atMost !== undefined) return `≤ ${formatNumber(atMost)} ${unit}`.trimEnd();
  return atLeast === undefined ? '' : `≥ ${formatNumber(atLeast)} ${unit}`.trimEnd();
}

function measuredOf({ value, unit }: Figure): string {
  return value === undefined ? '–' : `${formatNumber(value)} ${unit}`.trimEnd();
}

function verdictOn({ value, atMost, atLeast }: Figure): string {
  if (value === undefined || (atMost === undefined && atLeast === undefined)) return '';
  return value <= (atMost ?? Infinity) && value >= (atLeast ?? -Infinity) ? 'met' : 'missed';
}
