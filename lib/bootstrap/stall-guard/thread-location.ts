import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Path of the guard thread's own file, beside this one. `import.meta` cannot be compiled to CommonJS and `__filename` is not
 * there in ESM, so this file asks a stack trace where it is, which both answer.
 */
export function guardThreadPath(): string {
  const here = ownFile();
  return join(dirname(here), `guard-thread${extname(here)}`);
}

function ownFile(): string {
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName() ?? '';
    const holder: { stack?: string } = {};
    Error.captureStackTrace(holder);
    const file = holder.stack ?? '';
    return file.startsWith('file:') ? fileURLToPath(file) : file;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}
