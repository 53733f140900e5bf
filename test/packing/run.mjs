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
const sqlitePackage = '@photostructure/sqlite';
const bundler = /** @type {const} */ (['a bundler', '--module', 'esnext', '--moduleResolution', 'bundler']);
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

  await checkApp(work, nodes, {
    name: 'nest11-commonjs',
    resolutions: [
      ['node16', '--module', 'node16', '--moduleResolution', 'node16'],
      ['node10', '--module', 'commonjs', '--moduleResolution', 'node10'],
    ],
    tests: ['Jest', 'node_modules/jest/bin/jest.js', '--no-cache'],
  });
  await checkApp(work, nodes, {
    name: 'nest12-esm',
    resolutions: [],
    tests: ['Vitest', 'node_modules/vitest/vitest.mjs', 'run'],
  });
}

/**
 * @typedef {object} App
 * @property {string} name its folder below `apps`; what all apps share lies beside it
 * @property {readonly (readonly [string, ...string[]])[]} resolutions more ways in which its compiler may look for the library, with the options for each
 * @property {readonly [string, string, ...string[]]} tests what runs its tests: a name, a script and its arguments
 *
 * @param {string} work
 * @param {readonly import('./node-binaries.mjs').NodeBinary[]} nodes
 * @param {App} given
 */
async function checkApp(work, nodes, { name, resolutions, tests: [runner, script, ...args] }) {
  process.stdout.write(`${name}\n`);
  const app = path.join(work, name);
  cpSync(path.join(appsFolder, name), app, { recursive: true });
  cpSync(path.join(appsFolder, 'shared'), path.join(app, 'src'), { recursive: true });
  await npm(['install', '--no-audit', '--no-fund', '--loglevel=error'], app);

  await check('the package is complete and holds nothing else', () => {
    const faults = tarballFaults(path.join(app, 'node_modules/nest-task-queue'));
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
  await check('type-checks and compiles under nodenext', () => compile(app, []));
  for (const [way, ...options] of [bundler, ...resolutions]) {
    await check(`type-checks under ${way}`, () => compile(app, ['--noEmit', ...options]));
  }
  await check('the declarations of the library have no errors', () => declarationsAreSound(app));

  for (const { version, binary } of nodes) {
    await check(`its ${runner} passes on Node ${version}`, async () => {
      await execute(binary, [script, ...args], app);
    });
  }
  const [without, withSqlite] = [nodes.filter((node) => node.major < 22), nodes.filter((node) => node.major >= 22)];
  for (const { version, binary } of withSqlite) {
    await check(`runs on Node ${version}`, () => runsWell(app, binary));
  }
  for (const { version, binary } of without) {
    await check(`says what to install on Node ${version}`, () => saysWhatToInstall(app, binary));
    await npm(['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', sqlitePackage], app, binary);
    await check(`runs on Node ${version} with ${sqlitePackage}`, () => runsWell(app, binary));
  }
}

/** @param {string} app @param {readonly string[]} options */
async function compile(app, options) {
  await execute(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', ...options], app);
}

/** Others' declarations may have errors, which is why apps skip the check; ours must have none. @param {string} app */
async function declarationsAreSound(app) {
  const message = await compile(app, ['--noEmit', '--skipLibCheck', 'false']).then(() => '', String);
  const ours = message.split('\n').filter((line) => line.startsWith('node_modules/nest-task-queue/'));
  if (ours.length > 0) throw new Error(ours.join('\n'));
}

/**
 * The app sends to its own workers and prints one line of claims, each of which must hold, and nothing on standard error.
 * @param {string} app
 * @param {string} node
 */
async function runsWell(app, node) {
  for (const left of ['ticks', '.task-queue']) rmSync(path.join(app, left), { recursive: true, force: true });
  const { stdout, stderr } = await execute(node, ['dist/main.js'], app);
  const claims = JSON.parse(stdout);
  const broken = Object.entries(claims).filter(([, claim]) => claim !== true);
  if (broken.length > 0 || Object.keys(claims).length === 0)
    throw new Error(`Expected every claim to hold, got ${JSON.stringify(Object.fromEntries(broken), null, 2)}`);
  if (stderr !== '') throw new Error(`Expected nothing on standard error, got:\n${stderr}`);
}

/** Both sides of the queue end with an error that can be acted on. @param {string} app @param {string} node */
async function saysWhatToInstall(app, node) {
  for (const program of ['dist/main.js', 'dist/worker.js']) {
    const message = await execute(node, [program], app).then(() => `${program} ended well`, String);
    if (!message.includes(`npm install ${sqlitePackage}`)) {
      throw new Error(`Expected ${program} to name what to install, got:\n${message}`);
    }
  }
}

const work = mkdtempSync(path.join(tmpdir(), 'nest-task-queue-packing-'));
try {
  await check('could be packed, and every app installed', () => main(work));
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.stdout.write(`\n${totalsLine(totals)}\n`);
process.exitCode = totals.failed === 0 ? 0 : 1;
