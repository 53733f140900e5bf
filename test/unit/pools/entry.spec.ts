import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { childFlags, resolveEntry } from '../../../lib/pools/child/entry.js';

describe('resolveEntry', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'task-queue-entry-'));
    mkdirSync(path.join(folder, 'app'));
    for (const file of ['main.js', 'worker.mjs', 'source.ts', 'app/index.js', 'bare'])
      writeFileSync(path.join(folder, file), '');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['main.js', 'main.js'],
    ['main', 'main.js'],
    ['worker', 'worker.mjs'],
    ['source', 'source.ts'],
    ['app', 'app/index.js'],
    ['bare', 'bare'],
  ])('finds %s', (given, found) => {
    expect(resolveEntry(path.join(folder, given))).toBe(path.join(folder, found));
  });

  it('takes a file URL, as text too', () => {
    const url = pathToFileURL(path.join(folder, 'main.js'));

    expect(resolveEntry(url)).toBe(path.join(folder, 'main.js'));
    expect(resolveEntry(url.href)).toBe(path.join(folder, 'main.js'));
  });

  it('takes the file this process was started with when none is given', () => {
    expect(resolveEntry(undefined, path.join(folder, 'main'))).toBe(path.join(folder, 'main.js'));
  });

  it('names the file that does not exist', () => {
    const entry = path.join(folder, 'nowhere.js');

    expect(() => resolveEntry(entry)).toThrowError(expect.objectContaining({ code: 'TQ_ENTRY_NOT_FOUND', entry }));
  });

  it('says so when this process was started without one', () => {
    expect(() => resolveEntry(undefined, '')).toThrowError(/Name it in the option "entry"/);
  });
});

describe('childFlags', () => {
  it("keeps the parent's flags but those that only one process can have", () => {
    const flags = [
      '--import',
      './register.mjs',
      '--inspect=9229',
      '--watch',
      '--enable-source-maps',
      '--inspect-brk',
      '--test',
      '-e',
      'code()',
      '-r',
      'x',
    ];

    expect(childFlags(flags)).toEqual(['--import', './register.mjs', '--enable-source-maps', '-r', 'x']);
  });
});
