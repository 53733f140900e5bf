import { readdirSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ApplicationFileError, nearestName } from '../../errors/index.js';

/** What may be left out of a file's name. */
const ENDINGS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];
const PACKAGE = 'nest-task-queue';

/** What `-A` says: a file, and after a `#` which of its exports. */
export interface ApplicationReference {
  readonly given: string;
  /** Absolute. */
  readonly file: string;
  readonly exportName: string | undefined;
}

/**
 * @param given a path from the working directory, with or without its ending; `file#Export` chooses an export
 * @throws {ApplicationFileError} when there is no such file
 */
export function findApplicationFile(given: string): ApplicationReference {
  const at = given.lastIndexOf('#');
  const [name, exportName] = at < 0 ? [given, undefined] : [given.slice(0, at), given.slice(at + 1)];
  const whole = path.resolve(name);
  const file = ENDINGS.map((ending) => whole + ending).find((each) => statOf(each)?.isFile());
  if (file === undefined) throw new ApplicationFileError(given, whyNot(whole));
  return { given, file, exportName: exportName === '' ? undefined : exportName };
}

function whyNot(file: string): string {
  const need = 'Give the built file of a Nest module, such as dist/app.module.js, or a worker file.';
  if (statOf(file)?.isDirectory()) return `is a folder. ${need}`;
  const folder = path.dirname(file);
  if (!statOf(folder)?.isDirectory()) return `does not exist: there is no folder ${folder}. ${need}`;
  const nearest = nearestName(
    path.basename(file),
    readdirSync(folder).filter((each) => /\.[cm]?[jt]s$/.test(each) && !each.endsWith('.d.ts')),
  );
  const hint = nearest === undefined ? '' : `; did you mean "${path.relative('.', path.join(folder, nearest))}"?`;
  return `does not exist: there is no file ${file}${hint || '.'} ${need}`;
}

function statOf(file: string) {
  return statSync(file, { throwIfNoEntry: false });
}

/**
 * An application and the command that runs it have to be of one copy of this library: what another copy declares, this one does not see.
 * @param ownFolder of the package that this command is of
 * @throws {ApplicationFileError} when the application loads another one
 */
export function refuseOtherCopy({ file, given }: ApplicationReference, ownFolder: string): void {
  let theirs: string;
  try {
    theirs = realpathSync(createRequire(file).resolve(PACKAGE));
  } catch {
    return; // it may bring its own way to load it, such as a bundle
  }
  if (theirs.startsWith(ownFolder + path.sep)) return;
  throw new ApplicationFileError(
    given,
    `uses another copy of ${PACKAGE} (${theirs}) than this command (${ownFolder}). ` +
      'Run the command that is installed beside it: npx task-queue, in the folder of the application.',
  );
}
