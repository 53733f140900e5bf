import { existsSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './paths.mjs';

/**
 * The compiled file of a program that tests start as a process.
 * @param source its source from the repository's top, such as `test/fixtures/apps/echo/worker.ts`
 */
export function programPath(source: string): string {
  const compiled = path.join(projectRoot, '.build', source.replace(/\.ts$/, '.js'));
  if (existsSync(compiled)) return compiled;
  throw new Error(`Program "${source}" is not compiled: ${compiled} is missing. Run "npm run build:fixtures".`);
}

/** The compiled file of a program in `test/fixtures/apps`, such as `fixtureApp('echo/worker')`. */
export function fixtureApp(name: string): string {
  return programPath(`test/fixtures/apps/${name}.ts`);
}

/** The built file of the command `task-queue`. */
export const taskQueueCommand = path.join(projectRoot, 'dist/esm/cli/bin.js');
