/**
 * `npm test`: installs what is missing, builds, runs every suite and ends with the line `N passed, N failed, N skipped`.
 * Arguments are Vitest's: parts of file names choose specs, options are handed on (`-t pattern`, `--coverage`).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { projectRoot } from './paths.mjs';
import { suites } from './suites.mjs';
import { faultMatrix, summarise, totalsLine } from './summary.mjs';
import { filesBelow } from './tree.mjs';

/** @typedef {import('./suites.mjs').Suite} Suite */
/** @typedef {import('./summary.mjs').SuiteRun} SuiteRun */

/** @param {string[]} given */
async function main(given) {
  ensureInstalled();
  const { filters, options } = splitArguments(given);
  const chosen = suites.filter((suite) => specsOf(suite, filters).length > 0);

  /** @type {SuiteRun[]} */
  const runs = [];
  let built = false;
  for (const suite of chosen) {
    if (suite.processes && !built) {
      built = true;
      const ok = await build('programs', 'sample');
      if (!ok) runs.push({ suite: 'build', exitCode: 1, report: undefined });
    }
    process.stdout.write(`\n=== ${suite.name} ===\n`);
    runs.push(await runSuite(suite, filters, options));
  }
  report(runs, given.length === 0);
}

/**
 * What does not begin with a dash chooses specs, except the pattern that follows `-t`.
 * @param {string[]} given
 */
function splitArguments(given) {
  const isOption = (/** @type {string} */ arg, /** @type {number} */ at) =>
    arg.startsWith('-') || given[at - 1] === '-t';
  return {
    filters: given.filter((arg, at) => !isOption(arg, at)).map((arg) => arg.replace(/^\.\//, '')),
    options: given.filter(isOption),
  };
}

/** @param {Suite} suite @param {string[]} filters */
function specsOf(suite, filters) {
  return suite.folders
    .flatMap((folder) => filesBelow(projectRoot, folder))
    .filter((file) => file.endsWith('.spec.ts') && !suite.except?.some((folder) => file.startsWith(`${folder}/`)))
    .filter((file) => filters.length === 0 || filters.some((part) => path.join(projectRoot, file).includes(part)));
}

/** @param {Suite} suite @param {string[]} filters @param {string[]} options @returns {Promise<SuiteRun>} */
async function runSuite(suite, filters, options) {
  mkdirSync(path.join(projectRoot, '.build'), { recursive: true });
  const folder = mkdtempSync(path.join(projectRoot, '.build/report-'));
  const outputFile = path.join(folder, 'vitest.json');
  const vitest = path.join(projectRoot, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`];
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--project', suite.name, ...reporters, ...filters, ...options],
    {
      cwd: projectRoot,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, TASK_QUEUE_CHOSEN_SPECS: JSON.stringify(filters) },
    },
  );
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const report = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined;
  rmSync(folder, { recursive: true });
  return { suite: suite.name, exitCode, report };
}

/** @param {SuiteRun[]} runs @param {boolean} isWhole */
function report(runs, isWhole) {
  const summary = summarise(runs, { ci: process.env.CI === 'true' });
  const matrix = faultMatrix(runs);
  for (const cell of isWhole ? matrix.uncovered : []) {
    summary.failed += 1;
    summary.problems.push(`no test covers ${cell}`);
  }
  const lines = [
    ...matrix.lines,
    ...[...summary.missing].map(([server, count]) => `skipped, no server: ${server} (${count} tests)`),
    ...[...summary.standIns].map(([server, count]) => `second source: ${server} (${count} tests)`),
    ...[...summary.notApplicable].map(([group, count]) => `skipped: ${group} (${count} tests)`),
    ...summary.problems.map((problem) => `failed: ${problem}`),
  ];
  process.stdout.write(`\n${lines.map((line) => `${line}\n`).join('')}${totalsLine(summary)}\n`);
  process.exitCode = summary.failed === 0 ? 0 : 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stdout.write(`\nfailed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.stdout.write(`${totalsLine({ passed: 0, failed: 1, skipped: 0 })}\n`);
  process.exitCode = 1;
}
