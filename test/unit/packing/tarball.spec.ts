import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { tarballFaults } from '../../packing/tarball.mjs';

const folders: string[] = [];

const target = (kind: string) => ({ types: `./dist/${kind}/index.d.ts`, default: `./dist/${kind}/index.js` });
const entry = { 'module-sync': target('esm'), import: target('esm'), require: target('cjs') };
const manifest = { main: './dist/cjs/index.js', types: './dist/cjs/index.d.ts', exports: { '.': entry } };
const complete = [
  ...['esm', 'cjs'].flatMap((kind) => [`dist/${kind}/index.js`, `dist/${kind}/index.d.ts`]),
  'dist/cjs/package.json',
  'LICENSE',
];

function setup(files: readonly string[], given: object = manifest): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tarball-'));
  folders.push(folder);
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), '');
  }
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(given));
  return folder;
}

describe('the check of a packed library', () => {
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('accepts a package whose every target is there', () => {
    expect(tarballFaults(setup(complete))).toEqual([]);
  });

  it('names a target of older compilers that is missing', () => {
    const given = { ...manifest, typesVersions: { '*': { testing: ['./dist/cjs/testing/index.d.ts'] } } };

    expect(tarballFaults(setup(complete, given))).toEqual([
      'package.json names ./dist/cjs/testing/index.d.ts, which is not in the package',
    ]);
  });

  it('names a target that is missing', () => {
    const files = complete.filter((file) => file !== 'dist/esm/index.d.ts');

    expect(tarballFaults(setup(files))).toContain(
      'package.json names ./dist/esm/index.d.ts, which is not in the package',
    );
  });

  it('names a condition that an entry lacks', () => {
    const exports = { '.': { ...entry, 'module-sync': undefined } };

    expect(tarballFaults(setup(complete, { ...manifest, exports }))).toEqual(['exports["."] has no "module-sync"']);
  });

  it.each(['test/setup.ts', 'dist/esm/.tsbuildinfo', 'dist/.build.stamp', 'lib/index.ts'])(
    'names the stranger %s',
    (file) => {
      expect(tarballFaults(setup([...complete, file]))).toEqual([`${file} should not be in the package`]);
    },
  );
});
