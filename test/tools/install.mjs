/**
 * Installs the npm packages of the lock file when they are missing or older than it.
 * Depends on nothing but Node, since it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './paths.mjs';

/**
 * @typedef {{ version?: string, optional?: boolean, peer?: boolean, link?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} LockFile
 */

/** Installs what is missing; npm's own words go to standard error, so that standard output stays the caller's. */
export function ensureInstalled(root = projectRoot) {
  const reason = whyInstall(root);
  if (reason === undefined) return;
  process.stderr.write(`Installing npm packages: ${reason}.\n`);
  const action = existsSync(path.join(root, 'node_modules')) ? 'install' : 'ci';
  const [command, ...args] = npmCommand();
  const result = spawnSync(command, [...args, action, '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) {
    const cause = result.error?.message ?? `it ended with code ${result.status ?? result.signal}`;
    throw new Error(`npm ${action} failed: ${cause}. Its output above says why; the registry must be reachable.`);
  }
}

/**
 * Says why packages must be installed, or `undefined` when those of the lock file are all there.
 * @param {string} root
 */
export function whyInstall(root) {
  const installed = readLock(path.join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'node_modules is missing';
  const wanted = readLock(path.join(root, 'package-lock.json'))?.packages ?? {};
  for (const [where, entry] of Object.entries(wanted)) {
    if (where === '' || entry.link) continue;
    const found = installed.packages?.[where]?.version;
    const mayBeAbsent = entry.optional === true || entry.peer === true;
    if (found === undefined && mayBeAbsent) continue;
    if (found !== entry.version) return `${where} should be ${entry.version}, is ${found ?? 'missing'}`;
  }
  return undefined;
}

/**
 * @param {string} file
 * @returns {LockFile | undefined}
 */
function readLock(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** The npm that started us, run by this very Node or another; else the one on the path. @returns {[string, ...string[]]} */
export function npmCommand(node = process.execPath) {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? [node, script] : ['npm'];
}
