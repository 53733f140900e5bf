import { pathToFileURL } from 'node:url';
import { readWorkerFile, type WorkerModule, type WorkerRunOptions } from '../../bootstrap/index.js';
import { ApplicationFileError, ApplicationLoadError } from '../../errors/index.js';
import { systemClock } from '../../time/index.js';
import { findApplicationFile, refuseOtherCopy, type ApplicationReference } from './application-file.js';
import { chooseModule, modulesOf } from './exported-module.js';

/** What `-A` names, loaded. */
export interface Application {
  readonly module: WorkerModule;
  /** Those of a worker file; none of a module's. */
  readonly options: WorkerRunOptions;
}

/** What a worker file may do before it calls `run`: read its configuration, say. */
const CALL_WITHIN_MS = 10_000;

/**
 * Loads an application from the file of a Nest module, or from a worker file, whose own call of `TaskWorkerFactory.run` is only read.
 * @param given what `-A` says
 * @param ownFolder of the package that this command is of
 * @throws {ApplicationFileError} when there is no such application
 * @throws {ApplicationLoadError} when it fails while it is loaded
 */
export async function loadApplication(given: string, ownFolder: string): Promise<Application> {
  const reference = findApplicationFile(given);
  refuseOtherCopy(reference, ownFolder);
  let endReading: () => void = () => undefined;
  const called = new Promise<Application>((resolve) => {
    endReading = readWorkerFile((module, options) => {
      resolve({ module, options });
      return new Promise(() => undefined);
    });
  });
  try {
    const loaded = await Promise.race([called, load(reference)]);
    if ('module' in loaded) return loaded;
    const { exports } = loaded;
    const isWorkerFile = reference.exportName === undefined && modulesOf(exports).size === 0;
    const late = isWorkerFile ? await within(called, CALL_WITHIN_MS) : undefined;
    return late ?? { module: chooseModule(exports, reference), options: {} };
  } finally {
    endReading();
  }
}

interface Loaded {
  readonly exports: Readonly<Record<string, unknown>>;
}

async function load({ file, given }: ApplicationReference): Promise<Loaded> {
  try {
    return { exports: (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>> };
  } catch (error) {
    if (/\.[cm]?ts$/.test(file) && isUnreadable(error)) {
      throw new ApplicationFileError(
        given,
        'is TypeScript, which this Node cannot load as it is. Give the file that it is built to, or a loader: NODE_OPTIONS="--import tsx" task-queue …',
        { cause: error },
      );
    }
    throw new ApplicationLoadError(given, error);
  }
}

/** Node strips types, if anything; decorators it does not know. */
function isUnreadable(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return code === 'ERR_UNKNOWN_FILE_EXTENSION' || code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
}

/** Resolves with `undefined` when the time is over, or nothing is left that could still happen. */
function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const give = (value: T | undefined): void => {
      timer.cancel();
      process.off('beforeExit', giveUp);
      resolve(value);
    };
    const giveUp = (): void => give(undefined);
    const timer = systemClock.setTimer(giveUp, ms, { ref: false });
    process.once('beforeExit', giveUp);
    void promise.then(give);
  });
}
