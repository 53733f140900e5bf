/**
 * Installs what is missing, builds, and runs one program of this repository: `run-program.mjs SOURCE [ARGUMENTS…]`, with SOURCE
 * a TypeScript file of sample/, test/chaos, test/benchmark or test/fixtures/apps. Standard output belongs to the program;
 * everything before it goes to standard error.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { build } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { projectRoot } from './paths.mjs';

/** One Ctrl-C arrives twice under npm, from the terminal and from npm itself; a second one would mean "now, at any cost". */
const oneKeystrokeMs = 300;

/** @param {string[]} args */
async function main([source, ...args]) {
  if (source === undefined || !existsSync(path.join(projectRoot, source))) {
    throw new Error(`Expected a program to run, such as sample/01-quickstart/src/main.ts, got ${source ?? 'nothing'}.`);
  }
  ensureInstalled();
  if (!(await build(source.startsWith('sample/') ? 'sample' : 'programs'))) return 1;
  return run(path.join(projectRoot, '.build', source.replace(/\.ts$/, '.js')), args);
}

/**
 * Runs the program in a process group of its own, so that it gets each signal from us alone, and once.
 * @param {string} entry
 * @param {string[]} args
 * @returns {Promise<number>} its exit code
 */
function run(entry, args) {
  const child = spawn(process.execPath, [entry, ...args], { stdio: 'inherit', detached: true });
  /** @type {Map<string, number>} */
  const lastSeen = new Map();
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      const now = Date.now();
      if (now - (lastSeen.get(signal) ?? 0) > oneKeystrokeMs) child.kill(signal);
      lastSeen.set(signal, now);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  });
}

process.exitCode = await main(process.argv.slice(2));
