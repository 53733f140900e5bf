import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { expect, it } from 'vitest';
import { guardChild } from '../../tools/child-guard.js';
import { projectRoot } from '../../tools/paths.mjs';
import { isAlive } from '../../tools/proc.js';
import { until } from '../../tools/until.js';

const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };

/** A program that starts a child, guards it, and prints the child's pid. */
const program = `
${transpileModule(readFileSync(path.join(projectRoot, 'test/tools/child-guard.ts'), 'utf8'), { compilerOptions }).outputText}
const child = spawn('sleep', ['600'], { detached: true });
guardChild(child, true);
console.log(child.pid);
setInterval(() => {}, 1000);
`;

it('a guarded child ends with the process that has started it, though by SIGKILL', async () => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);

  parent.kill('SIGKILL');

  await until(() => !isAlive(pid), { withinMs: 10_000, what: 'the end of the child' });
});

it('a guard goes with its child, and keeps nobody waiting', async () => {
  const child = spawn('sleep', ['600']);
  guardChild(child);

  child.kill('SIGKILL');

  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
});
