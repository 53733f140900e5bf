import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  networkFileSystemOf,
  prepareStoreFolder,
  resolveStoreFolder,
} from '../../../../lib/connections/sqlite/store-folder.js';

describe('resolveStoreFolder', () => {
  let project: string;

  beforeEach(() => {
    project = mkdtempSync(path.join(tmpdir(), 'ntq-folder-'));
    mkdirSync(path.join(project, 'src/deep'), { recursive: true });
    writeFileSync(path.join(project, 'package.json'), '{}');
  });
  afterEach(() => rmSync(project, { recursive: true }));

  it.each(['embedded:', 'embedded://'])('finds the folder of the project for %j', (url) => {
    expect(resolveStoreFolder(url, path.join(project, 'src/deep'))).toBe(path.join(project, '.task-queue'));
  });

  it('takes the working directory where there is no project', () => {
    rmSync(path.join(project, 'package.json'));

    expect(resolveStoreFolder('embedded:', project)).toBe(path.join(project, '.task-queue'));
  });

  it.each([
    ['embedded:/var/lib/queue', '/var/lib/queue'],
    ['embedded:///var/lib/queue', '/var/lib/queue'],
    ['embedded:/with space/100%', '/with space/100%'],
  ])('reads %j as the path %j', (url, folder) => {
    expect(resolveStoreFolder(url, project)).toBe(folder);
  });

  it.each(['embedded:data', 'embedded:./data', 'embedded://data'])('reads %j from the working directory', (url) => {
    expect(resolveStoreFolder(url, path.join(project, 'src'))).toBe(path.join(project, 'src/data'));
  });
});

describe('prepareStoreFolder', () => {
  it('tells the real path, so that two ways to one folder are one store', () => {
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'ntq-folder-')));
    symlinkSync(folder, `${folder}-link`);

    expect(prepareStoreFolder(`${folder}-link`, false)).toBe(folder);

    rmSync(`${folder}-link`);
    rmSync(folder, { recursive: true });
  });
});

describe('networkFileSystemOf', () => {
  it.each([
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [0xff534d42 | 0, 'CIFS'],
    [0xfe534d42, 'SMB'],
    [0x01021997, '9p'],
    [0x65735546, 'FUSE'],
    [0xef53, undefined],
    [0x01021994, undefined],
    [0x794c7630, undefined],
  ])('reads the type 0x%x as %s', (type, name) => {
    expect(networkFileSystemOf(type)).toBe(name);
  });
});
