import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execute, npm } from './execute.mjs';

/** @typedef {{ major: number, version: string, binary: string }} NodeBinary */

/**
 * The newest Node of each major version, from the `node` package of npm; the one that runs us is taken as it is.
 * @param {readonly number[]} majors
 * @param {string} work
 * @returns {Promise<NodeBinary[]>}
 */
export async function nodeBinaries(majors, work) {
  const folder = path.join(work, 'nodes');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const own = Number(process.versions.node.split('.')[0]);
  const others = majors.filter((major) => major !== own);
  await npm(['install', '--no-audit', '--no-fund', ...others.map((major) => `node${major}@npm:node@${major}`)], folder);
  return Promise.all(
    majors.map(async (major) => {
      const binary = major === own ? process.execPath : path.join(folder, `node_modules/node${major}/bin/node`);
      const { stdout } = await execute(binary, ['--version'], folder);
      return { major, version: stdout.trim().slice(1), binary };
    }),
  );
}
