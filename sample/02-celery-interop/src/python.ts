import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output } from './processes.js';

/** The folder of tasks.py, seen from where this file is compiled to. */
export const pythonFolder = fileURLToPath(new URL('../../../../sample/02-celery-interop/python', import.meta.url));

/** A Python with Celery: `SAMPLE_PYTHON`, else one in a virtual environment that the first run makes here. */
export async function findPython(): Promise<string> {
  const given = process.env['SAMPLE_PYTHON'];
  if (given) return given;
  const folder = join(pythonFolder, '.venv');
  const python = join(folder, 'bin/python');
  if (existsSync(join(folder, 'bin/celery'))) return python;
  console.error(`Installing Celery into ${folder}, once`);
  try {
    await output('python3', ['-m', 'venv', folder]);
    await output(python, ['-m', 'pip', 'install', '--quiet', '-r', join(pythonFolder, 'requirements.txt')]);
  } catch (error) {
    throw new Error(
      'This sample needs Python 3.10 or later with venv and pip (on Debian: apt-get install python3-venv), or a Python ' +
        `that has Celery, named by SAMPLE_PYTHON. ${(error as Error).message}`,
      { cause: error },
    );
  }
  return python;
}
