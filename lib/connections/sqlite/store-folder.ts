import { accessSync, constants, existsSync, mkdirSync, realpathSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { NetworkFileSystemError } from '../../errors/index.js';
import { toStoreError } from './sqlite-error.js';

/** In the folder of a project. */
const DEFAULT_FOLDER = '.task-queue';

/** File systems on which locks cannot be trusted, by the type that Linux' statfs tells. @source linux/magic.h */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
]);

/**
 * The folder that an `embedded:` URL means. `embedded:` alone is `.task-queue` beside the nearest package.json above the working
 * directory, so that the processes of one project meet; else what follows is a path, taken literally.
 */
export function resolveStoreFolder(url: string, workingDirectory: string): string {
  const given = url.replace(/^[^:]*:(\/\/)?/, '');
  if (given === '') return path.join(findProject(workingDirectory), DEFAULT_FOLDER);
  const isWindowsUrl = process.platform === 'win32' && /^\/[a-z]:/i.test(given); // embedded:/C:/folder
  return path.resolve(workingDirectory, isWindowsUrl ? given.slice(1) : given);
}

function findProject(workingDirectory: string): string {
  for (let folder = path.resolve(workingDirectory); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder)) return path.resolve(workingDirectory);
  }
}

/**
 * Makes the folder where it is missing, readable by its owner alone, since messages may hold secrets.
 * @returns its real path
 * @throws {NetworkFileSystemError | StoreLocationError | StoreReadOnlyError | StoreFullError}
 */
export function prepareStoreFolder(folder: string, allowNetworkFileSystem: boolean): string {
  try {
    for (const part of ['owners', 'notify']) makeFolder(path.join(folder, part));
    if (!allowNetworkFileSystem) refuseNetworkFileSystem(folder);
    accessSync(folder, constants.W_OK | constants.X_OK); // SQLite would say no more than that it cannot open its file
    return realpathSync(folder);
  } catch (error) {
    throw toStoreError(error, folder);
  }
}

/** As `mkdirSync` with `recursive`, which in Node 20 never returns where a parent is there but takes no folders, as in /proc. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = path.dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error; // else another process was faster
  }
}

function refuseNetworkFileSystem(folder: string): void {
  if (process.platform !== 'linux') return; // elsewhere the type means something else
  const fileSystem = networkFileSystemOf(statfsSync(folder).type);
  if (fileSystem !== undefined) throw new NetworkFileSystemError(folder, fileSystem);
}

/** Its name where locks on it cannot be trusted. @param type as Linux' statfs tells it */
export function networkFileSystemOf(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS.get(type >>> 0);
}
