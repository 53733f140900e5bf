import { matrixPools, poolFaults } from './matrix-data.mjs';

/**
 * Turns what the suites reported into the totals and the lists that end a run.
 *
 * @typedef {{ pool: string, fault: string, isRefused: boolean }} Cell
 * @typedef {{ status: string, title: string, ancestorTitles: string[], failureMessages?: string[], meta?: { covers?: Cell[] } }} Assertion
 * @typedef {{ name: string, status: string, message?: string, assertionResults: Assertion[] }} FileResult
 * @typedef {{ testResults: FileResult[] }} Report Vitest's JSON report
 * @typedef {{ suite: string, exitCode: number | null, report: Report | undefined }} SuiteRun
 *
 * @typedef {object} Summary
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string[]} problems every failure: a test with the first lines of its error, a file that could not be loaded, a run without tests
 * @property {Map<string, number>} missing skipped tests by the server that could not be had
 * @property {Map<string, number>} standIns tests that met the second source of a server, by the server and what came in its place
 * @property {Map<string, number>} notApplicable other skipped tests by the group they stand in
 */

/** Opens the title of a group that was skipped because its server could not be had. */
export const missingServerMark = 'server not available: ';

/** How much of a failed test's errors the end of a run repeats. */
const linesOfFailure = 20;

/** Opens the title of a group that runs against the second source of its server. */
export const standInMark = 'stand-in for ';

/**
 * @param {readonly SuiteRun[]} runs
 * @param {{ ci: boolean }} options `ci`: a server that could not be had fails the run
 * @returns {Summary}
 */
export function summarise(runs, { ci }) {
  /** @type {Summary} */
  const summary = {
    passed: 0,
    failed: 0,
    skipped: 0,
    problems: [],
    missing: new Map(),
    standIns: new Map(),
    notApplicable: new Map(),
  };
  for (const run of runs) addRun(summary, run);
  if (summary.passed + summary.failed + summary.skipped === 0) fail(summary, 'No test was run.');
  if (ci) {
    for (const [server, count] of summary.missing) {
      fail(summary, `${count} tests need ${server}, which could not be had; with CI=true that is a failure.`);
    }
  }
  return summary;
}

/** The line that ends a run. @param {{ passed: number, failed: number, skipped: number }} totals */
export function totalsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** @param {Summary} summary @param {SuiteRun} run */
function addRun(summary, { suite, exitCode, report }) {
  const failedBefore = summary.failed;
  for (const file of report?.testResults ?? []) addFile(summary, file);
  if (exitCode !== 0 && summary.failed === failedBefore) {
    fail(summary, `Suite "${suite}" ended with code ${exitCode} though no test of it failed; its output says why.`);
  }
}

/** @param {Summary} summary @param {FileResult} file */
function addFile(summary, file) {
  const statuses = file.assertionResults.map((test) => test.status);
  for (const test of file.assertionResults) {
    const standIn = test.ancestorTitles.find((title) => title.startsWith(standInMark));
    if (standIn && ['passed', 'failed'].includes(test.status))
      count(summary.standIns, standIn.slice(standInMark.length));
    if (test.status === 'passed') summary.passed += 1;
    else if (test.status === 'failed') fail(summary, failedTest(file, test));
    else addSkipped(summary, test);
  }
  if (file.status === 'failed' && !statuses.includes('failed')) {
    fail(summary, `${file.name}: ${(file.message ?? '').trim() || 'could not be run'}`);
  }
}

/** A failed test among thousands is found by the last lines of a log, of which often no more is kept. @param {FileResult} file @param {Assertion} test */
function failedTest(file, { ancestorTitles, title, failureMessages = [] }) {
  const lines = failureMessages.join('\n').split('\n').slice(0, linesOfFailure);
  return [[file.name, ...ancestorTitles.filter(Boolean), title].join(' > '), ...lines].join('\n    ');
}

/** @param {Summary} summary @param {Assertion} test */
function addSkipped(summary, test) {
  summary.skipped += 1;
  const marked = test.ancestorTitles.find((title) => title.startsWith(missingServerMark));
  const [counts, key] = marked
    ? [summary.missing, marked.slice(missingServerMark.length)]
    : [summary.notApplicable, test.ancestorTitles.filter(Boolean).join(' > ') || test.title];
  count(counts, key);
}

/** @param {Map<string, number>} counts @param {string} key */
function count(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** @param {Summary} summary @param {string} problem */
function fail(summary, problem) {
  summary.failed += 1;
  summary.problems.push(problem);
}

/**
 * The matrix pool × fault of what the tests say they cover: a cell has passed when all of its tests have.
 * @param {readonly SuiteRun[]} runs
 * @returns {{ lines: string[], uncovered: string[] }} as a table for people; none where no test covers a cell
 */
export function faultMatrix(runs) {
  /** @type {Map<string, string>} */
  const cells = new Map();
  const tests = runs.flatMap(({ report }) => report?.testResults ?? []).flatMap((file) => file.assertionResults);
  for (const { status, meta } of tests) {
    for (const { pool, fault, isRefused } of meta?.covers ?? []) {
      const key = `${pool} × ${fault}`;
      const state = status === 'failed' ? 'FAILED' : isRefused ? 'refused' : status;
      if (cells.get(key) !== 'FAILED') cells.set(key, state);
    }
  }
  if (cells.size === 0) return { lines: [], uncovered: [] };
  /** @type {string[]} */
  const uncovered = [];
  const rows = poolFaults.map((fault) => [
    fault,
    ...matrixPools.map((pool) => {
      const state = cells.get(`${pool} × ${fault}`);
      if (state === undefined) uncovered.push(`${pool} × ${fault}`);
      return state ?? '–';
    }),
  ]);
  const width = 16;
  const line = (/** @type {readonly string[]} */ row) =>
    row
      .map((cell) => cell.padEnd(width))
      .join('')
      .trimEnd();
  return { lines: ['', line(['fault', ...matrixPools]), ...rows.map(line), ''], uncovered };
}
