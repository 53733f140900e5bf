import { readFileSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { build } from './build.mjs';
import { serverCatalogue } from './server-catalogue.js';
import { serversNeededBy, startServers } from './server-pool.js';

/**
 * Before a suite that starts processes: compiles what they run and starts the servers that its specs ask for. `npm test` has
 * compiled already, and says which specs were chosen.
 * @returns what stops the servers after the last test
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const chosen = process.env.TASK_QUEUE_CHOSEN_SPECS;
  if (chosen === undefined) await build('programs', 'sample');
  const { testFiles } = await project.globTestFiles(chosen === undefined ? [] : (JSON.parse(chosen) as string[]));
  const needed = serversNeededBy(testFiles.map((file) => readFileSync(file, 'utf8')));
  const servers = await startServers(needed, serverCatalogue, project.config.maxWorkers);
  project.provide('servers', servers.states);
  return () => servers.stop();
}
