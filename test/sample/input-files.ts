import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder for the sample to report on, with names and contents that are easily got wrong. */
export function writeOddFiles(): { readonly directory: string; readonly files: ReadonlyMap<string, Buffer> } {
  const files = new Map<string, Buffer>([
    ['empty', Buffer.alloc(0)],
    ['one line without end', Buffer.from('one two')],
    ['ünïcödé 文件.txt', Buffer.from('grüße\n世界\n')],
    [' leading and trailing ', Buffer.from('x\n')],
    ['quotes \' and ".md', Buffer.from('# title\n\ntext\n')],
    ['--exit', Buffer.from('not an option\n')],
    ['$HOME;%41&#.sh', Buffer.from('echo\n')],
    ['.hidden', Buffer.from('seen\n')],
    ['binary.bin', randomBytes(5_000)],
    ['a/b/c/deep.txt', Buffer.from('deep\r\nlines\r\n')],
    ['a folder/dist.txt', Buffer.from('kept\n')],
  ]);
  for (let n = files.size; n < 50; n += 1) {
    files.set(`many/${n % 3}/file-${n}.txt`, Buffer.from(`line of ${n}\n`.repeat(n)));
  }
  const directory = writeFiles(files);
  writeFiles(new Map([['node_modules/left-pad/index.js', Buffer.from('out\n')]]), directory);
  return { directory, files };
}

/** Files that keep the cores busy for seconds, since they hardly compress. */
export function writeHeavyFiles(count: number): string {
  const files = Array.from({ length: count }, (_, n) => [`${n}.bin`, randomBytes(300_000)] as const);
  return writeFiles(new Map(files));
}

export function writeFiles(
  files: ReadonlyMap<string, Buffer>,
  directory = mkdtempSync(path.join(tmpdir(), 'quickstart-input-')),
): string {
  for (const [name, content] of files) {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return directory;
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
