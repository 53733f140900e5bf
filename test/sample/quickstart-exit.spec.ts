import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256, writeFiles, writeOddFiles } from './input-files.js';
import { Quickstart } from './quickstart.js';

/** Generous for a loaded machine; far below what a hanging run would take. */
const deadlineMs = 60_000;

describe('the sample with --exit', { timeout: deadlineMs }, () => {
  const folders: string[] = [];
  const runs: Quickstart[] = [];

  beforeEach(() => {
    folders.length = 0;
    runs.length = 0;
  });

  afterEach(async () => {
    await Promise.all(runs.map((run) => run.dispose()));
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  function start(...parameters: ConstructorParameters<typeof Quickstart>): Quickstart {
    const run = new Quickstart(...parameters);
    runs.push(run);
    return run;
  }

  function folderOf(files: ReadonlyMap<string, Buffer>): string {
    const folder = writeFiles(files);
    folders.push(folder);
    return folder;
  }

  it('reports every file with its hash and counts on standard output, all else on standard error, and ends', async () => {
    const { directory, files } = writeOddFiles();
    folders.push(directory);
    const run = start(['--exit', directory]);

    const end = await run.ended;

    expect(end).toEqual({ code: 0, signal: null });
    const [heading, ...lines] = run.stdout.trimEnd().split('\n');
    const bytes = [...files.values()].reduce((sum, content) => sum + content.length, 0);
    expect(heading).toContain(`Report of ${directory}: ${files.size} files, ${bytes} bytes, `);
    expect(lines.at(-1)).toBe('Left out: node_modules');
    const expected = [...files].map(([name, content]) => ({
      name,
      ...wcOf(content),
      hash: sha256(content).slice(0, 12),
    }));
    expect(lines.slice(0, -1).map(readLine).sort(byName)).toEqual(expected.sort(byName));
    expect(run.stderr).toMatch(/POST \/reports answered 202 with id [0-9a-f-]{36}\n/);
    expect(run.stderr).toMatch(/GET \/reports\/[0-9a-f-]{36}: STARTED, \d+ of 63 tasks done\n/);
  });

  it('tries the failing and the stalling third party again, as the log of the worker shows', async () => {
    const files = Array.from({ length: 16 }, (_, n) => [`${n}.txt`, Buffer.from('text\n')] as const);
    const run = start(['--exit', folderOf(new Map(files))]);

    const end = await run.ended;

    expect(end.code).toBe(0);
    expect(run.stderr).toMatch(/files\.find_licence\[.*is retried: .*LicenceApiError: The licence API answered 503/);
    expect(run.stderr).toMatch(/files\.find_licence\[.*is retried: .*LicenceApiError: The licence API stalled/);
    expect(run.stdout.match(/ MIT /g)).toHaveLength(4);
  });

  it('reports an empty directory', async () => {
    const run = start(['--exit', folderOf(new Map())]);

    const end = await run.ended;

    expect(end.code).toBe(0);
    expect(run.stdout).toMatch(/: 0 files, 0 bytes, 0 lines, 0 words\n$/);
  });

  it.runIf(process.platform === 'linux')('reports the others where a file cannot be read', async () => {
    const directory = folderOf(new Map([['good.txt', Buffer.from('good\n')]]));
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/not utf-8 `), Buffer.from([0xff])]), 'bad\n');
    const run = start(['--exit', directory]);

    const end = await run.ended;

    expect(end.code).toBe(0);
    expect(run.stdout).toMatch(/: 1 files, 5 bytes, .*\n.* good\.txt\nfailed: not utf-8 \ufffd: .*ENOENT/);
  });

  it('takes a directory from where npm was called', async () => {
    const parent = folderOf(new Map([['here/it is.txt', Buffer.from('a\n')]]));
    const run = start(['--exit', 'here'], { env: { INIT_CWD: parent } });

    const end = await run.ended;

    expect(end.code).toBe(0);
    expect(run.stdout).toContain('it is.txt');
  });

  it('uses a store of its own and removes it', async () => {
    const temporary = mkdtempSync(path.join(tmpdir(), 'quickstart-tmp-'));
    const cwd = folderOf(new Map([['package.json', Buffer.from('{}')]]));
    folders.push(temporary);
    const run = start(['--exit'], { cwd, env: { TASK_QUEUE_BROKER_URL: undefined, TMPDIR: temporary } });

    const end = await run.ended;

    expect(end.code).toBe(0);
    expect(run.stdout).toMatch(/: 1 files, 2 bytes, .*\n.*package\.json\n$/);
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync(cwd)).toEqual(['package.json']);
  });

  it.each([
    ['a directory that does not exist', ['--exit', '/no/such/directory'], 'There is no directory "/no/such/directory"'],
    ['an option it does not know', ['--exit', '--fast'], "Unknown option '--fast'"],
    ['two directories', ['/', '/tmp'], 'Expected one directory, got 2: /, /tmp'],
  ])('refuses %s before it starts anything', async (_, args, message) => {
    const run = start(args);

    const end = await run.ended;

    expect(end.code).toBe(1);
    expect(run.stderr).toContain(message);
    expect(run.stdout).toBe('');
  });
});

interface Line {
  readonly name: string;
  readonly bytes: number;
  readonly lines: number;
  readonly words: number;
  readonly hash: string;
}

function readLine(line: string): Line {
  const match =
    /^ *(\d+) B +(\d+) lines +(\d+) words {2}gzip [\d.]+ {2}brotli [\d.]+ {2}([0-9a-f]{12}) {2}.{9} {2}/.exec(line);
  if (match === null) throw new Error(`Not the line of a file: ${line}`);
  const [all, bytes, lines, words, hash = ''] = match;
  const name = line.slice(all.length);
  return { name, bytes: Number(bytes), lines: Number(lines), words: Number(words), hash };
}

function wcOf(content: Buffer): Pick<Line, 'bytes' | 'lines' | 'words'> {
  const text = content.toString('utf8');
  const unfinished = text === '' || text.endsWith('\n') ? 0 : 1;
  return {
    bytes: content.length,
    lines: text.split('\n').length - 1 + unfinished,
    words: text.split(/\s+/).filter(Boolean).length,
  };
}

function byName(one: Line, other: Line): number {
  return one.name < other.name ? -1 : 1;
}
