/**
 * `npm run test:packing`: packs the library, installs the tarball into small apps as a user would, and runs them on every
 * supported Node. Ends with the line `N passed, N failed, N skipped`.
 */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureInstalled } from '../tools/install.mjs';
import { projectRoot } from '../tools/paths.mjs';
import { totalsLine } from '../tools/summary.mjs';
import { execute, npm } from './execute.mjs';
import { nodeBinaries } from './node-binaries.mjs';
import { tarballFaults } from './tarball.mjs';

const appsFolder = path.join(projectRoot, 'test/packing/apps');
const nodeMajors = [20, 22, 24];
const totals = { passed: 0, failed: 0, skipped: 0 };

/**
 * Runs one check, prints what came of it, and counts it. It fails by throwing.
 * @param {string} title
 * @param {() => void | Promise<void>} body
 */
async function check(title, body) {
  try {
    await body();
    totals.passed += 1;
    process.stdout.write(`  ✓ ${title}\n`);
  } catch (error) {
    totals.failed += 1;
    process.stdout.write(`  ✗ ${title}\n${indent(error instanceof Error ? error.message : String(error))}\n`);
  }
}

/** @param {string} text */
function indent(text) {
  return text.trimEnd().replace(/^/gm, '      ');
}

/** @param {string} work a folder of this run's own */
async function main(work) {
  ensureInstalled();
  process.stdout.write('Packing\n');
  await npm(['pack', '--pack-destination', work, '--silent'], projectRoot);
  const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8'));
  renameSync(path.join(work, `nest-task-queue-${version}.tgz`), path.join(work, 'nest-task-queue.tgz'));
  process.stdout.write(`Installing Node ${nodeMajors.join(', ')}\n`);
  const nodes = await nodeBinaries(nodeMajors, work);

  await checkApp(work, nodes, 'nest11-commonjs', async (app, node) => {
    await check(`runs on Node ${node.version}`, () => runsWell(app, node.binary));
    await check(`its Jest passes on Node ${node.version}`, async () => {
      await execute(node.binary, ['node_modules/jest/bin/jest.js', '--no-cache'], app);
    });
  });
  await checkApp(work, nodes, 'nest12-esm', async (app, node) => {
    await check(`runs on Node ${node.version}`, () => runsWell(app, node.binary));
  });
}

/**
 * @param {string} work
 * @param {readonly import('./node-binaries.mjs').NodeBinary[]} nodes
 * @param {string} name
 * @param {(app: string, node: import('./node-binaries.mjs').NodeBinary) => Promise<void>} onNode
 */
async function checkApp(work, nodes, name, onNode) {
  process.stdout.write(`${name}\n`);
  const app = path.join(work, name);
  cpSync(path.join(appsFolder, name), app, { recursive: true });
  await npm(['install', '--no-audit', '--no-fund', '--loglevel=error'], app);

  await check('the package is complete and holds nothing else', () => {
    const faults = tarballFaults(path.join(app, 'node_modules/nest-task-queue'));
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
  await check('type-checks and compiles under nodenext', () => compile(app, []));
  await check('type-checks as a bundler resolves', () =>
    compile(app, ['--noEmit', '--module', 'esnext', '--moduleResolution', 'bundler']),
  );
  for (const node of nodes) await onNode(app, node);
}

/** @param {string} app @param {readonly string[]} options */
async function compile(app, options) {
  await execute(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', ...options], app);
}

/**
 * The app prints one line of claims, each of which must hold, and nothing on standard error.
 * @param {string} app
 * @param {string} node
 */
async function runsWell(app, node) {
  const { stdout, stderr } = await execute(node, ['dist/main.js'], app);
  const claims = JSON.parse(stdout);
  const broken = Object.keys(claims).filter((claim) => claims[claim] !== true);
  if (broken.length > 0 || Object.keys(claims).length === 0)
    throw new Error(`Expected every claim to hold, got ${stdout}`);
  if (stderr !== '') throw new Error(`Expected nothing on standard error, got:\n${stderr}`);
}

const work = mkdtempSync(path.join(tmpdir(), 'nest-task-queue-packing-'));
try {
  await check('could be packed, and every app installed', () => main(work));
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.stdout.write(`\n${totalsLine(totals)}\n`);
process.exitCode = totals.failed === 0 ? 0 : 1;
