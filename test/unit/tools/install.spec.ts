import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { whyInstall } from '../../tools/install.mjs';

const folders: string[] = [];

function setup(wanted: object, installed?: object): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'install-'));
  folders.push(folder);
  writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...wanted } }));
  if (installed !== undefined) {
    mkdirSync(path.join(folder, 'node_modules'));
    writeFileSync(path.join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
  }
  return folder;
}

describe('whether packages must be installed', () => {
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('says so when there is no node_modules', () => {
    expect(whyInstall(setup({}))).toBe('node_modules is missing');
  });

  it('says which package has another version than the lock file', () => {
    const folder = setup({ 'node_modules/a': { version: '2.0.0' } }, { 'node_modules/a': { version: '1.0.0' } });

    expect(whyInstall(folder)).toBe('node_modules/a should be 2.0.0, is 1.0.0');
  });

  it('says which package is missing', () => {
    expect(whyInstall(setup({ 'node_modules/a': { version: '2.0.0' } }, {}))).toContain('is missing');
  });

  it('accepts the absence of a package for another platform', () => {
    expect(whyInstall(setup({ 'node_modules/a': { version: '2.0.0', optional: true } }, {}))).toBeUndefined();
  });
});
