import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installDebianPackages } from './debian-packages.js';
import { whileLocked } from './lock.mjs';
import { projectRoot } from './paths.mjs';
import { pythonFolder } from './python-script.js';
import { runCommand } from './run-command.js';

/** A Python that can import Celery and its Redis client. */
export interface PythonWithCelery {
  /** Path of the executable. */
  readonly python: string;
  /** Where it is not the Celery that was asked for: which one it is, and why. */
  readonly standIn?: string;
}

const debianPython = '/usr/bin/python3';
const debianPackages = ['python3-celery', 'python3-redis'];
const candidates = ['python3', debianPython, 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
const quickMs = 60_000;
const installMs = 10 * 60_000;

/**
 * The newest Celery, of `test/fixtures/python/requirements.txt`, in a virtual environment below `.build/python`, made at the first use.
 * Where that cannot be, Debian's Celery stands in.
 * @throws where neither can be had, with both reasons
 */
export async function newestCelery(): Promise<PythonWithCelery> {
  try {
    return { python: await environmentOf('requirements.txt') };
  } catch (error) {
    const reason = (error as Error).message;
    try {
      const { python } = await debianCelery();
      return { python, standIn: `Debian's Celery ${await celeryVersion(python)}, as ${reason}` };
    } catch (second) {
      throw new Error(`${reason}; nor is there Debian's: ${(second as Error).message}`, { cause: error });
    }
  }
}

/**
 * Flower with the newest Celery, in a virtual environment of its own.
 * @throws an error that says why it cannot be had
 */
export async function flower(): Promise<PythonWithCelery> {
  return { python: await environmentOf('requirements.txt', 'flower-requirements.txt') };
}

/**
 * Debian's Celery, which is 5.2.6 in Debian 12, installed where that is possible.
 * @throws an error that says why it cannot be had
 */
export async function debianCelery(): Promise<PythonWithCelery> {
  if (!(await hasCelery(debianPython))) {
    await installDebianPackages(debianPackages);
    if (!(await hasCelery(debianPython))) throw new Error(`${debianPython} has no Celery, though it is installed`);
  }
  return { python: debianPython };
}

/** The Celery that a Python has, such as `5.7.0`; empty where there is none. */
export async function celeryVersion(python: string): Promise<string> {
  const program = 'import celery, redis; print(celery.__version__)';
  return (await runCommand(python, ['-c', program], { withinMs: quickMs })).stdout.trim();
}

async function hasCelery(python: string): Promise<boolean> {
  return (await celeryVersion(python)) !== '';
}

/** The Python of a virtual environment with exactly the packages of requirements files. Made once for them and a Python. */
async function environmentOf(...names: readonly string[]): Promise<string> {
  const files = names.map((name) => path.join(pythonFolder, name));
  const base = await findPython();
  const contents = createHash('sha256');
  for (const file of files) contents.update(readFileSync(file));
  const hash = contents.update(base.version).digest('hex').slice(0, 16);
  const folder = path.join(projectRoot, '.build/python', hash);
  const python = path.join(folder, 'bin/python');
  const complete = path.join(folder, '.complete');
  await whileLocked(`${folder}.lock`, async () => {
    // The base may have gone since: then the link to it leads nowhere.
    if (existsSync(complete) && (await hasCelery(python))) return;
    const what = names.length === 1 ? 'Celery' : 'Celery and Flower';
    process.stderr.write(`Installing ${what} from PyPI into .build/python/${hash} (Python ${base.version}).\n`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(path.dirname(folder), { recursive: true });
    await must(base.command, ['-m', 'venv', folder], 'a virtual environment could not be made');
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--retries', '2', '--timeout', '20'];
    const install = [
      '-m',
      'pip',
      'install',
      ...quiet,
      '--no-deps',
      '--only-binary=:all:',
      ...files.flatMap((file) => ['-r', file]),
    ];
    const { problem, stderr } = await runCommand(python, install, { withinMs: installMs });
    if (problem !== '') {
      rmSync(folder, { recursive: true, force: true });
      const isCutOff = /connection broken|Could not fetch URL/i.test(stderr);
      throw new Error(
        `${isCutOff ? 'PyPI cannot be reached' : `${what} could not be installed from PyPI`} (${problem})`,
      );
    }
    await must(python, ['-m', 'pip', 'check', '--disable-pip-version-check'], `${names.join(' and ')} do not fit`);
    writeFileSync(complete, '');
  });
  return python;
}

/** The first Python on this machine that Celery runs on. */
async function findPython(): Promise<{ readonly command: string; readonly version: string }> {
  const program =
    'import ensurepip, sys, venv; print(sys.version_info >= (3, 10), sys.version.split()[0], sys.executable)';
  for (const command of candidates) {
    const { stdout } = await runCommand(command, ['-c', program], { withinMs: quickMs });
    const [isNewEnough, version = '', executable = ''] = stdout.trim().split(' ');
    if (isNewEnough === 'True') return { command: executable, version };
  }
  throw new Error('there is no Python of 3.10 or later with venv and pip (on Debian: python3-venv)');
}

async function must(command: string, args: readonly string[], otherwise: string): Promise<void> {
  const { problem } = await runCommand(command, args, { withinMs: installMs });
  if (problem !== '') throw new Error(`${otherwise} (${problem})`);
}
