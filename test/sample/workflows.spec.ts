import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { familyOf, isAlive } from '../tools/proc.js';
import { programPath } from '../tools/programs.js';
import { describeWithServer } from '../tools/servers.js';
import { until } from '../tools/until.js';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Starts it as its user does. */
function start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [programPath('sample/03-workflows/src/main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, INIT_CWD: undefined, NO_COLOR: '1', TASK_QUEUE_BROKER_URL: '', ...env },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  ends.push(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return { child, said, ended };
}

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'workflows-spec-'));
  ends.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** What it says of its own input: both handlers of parts, in whichever order, and the one of the workflow once. */
function expectOwnReports(stdout: string): void {
  const [reports = '', notices = ''] = stdout.split('\n\n');
  expect(reports.split('\n')).toEqual([berlin, lisbon, 'oslo.log: no report']);
  expect(notices.trimEnd().split('\n')).toEqual([
    'Notices, of which each is a task:',
    expect.stringMatching(/^no report {2}oslo\.log {2}.*Dependency \S+ raised MalformedLineError\(.*line (17|71)/),
    `ready      berlin.log  ${berlin}`,
    `ready      lisbon.log  ${lisbon}`,
    'set aside  oslo.log  part from line 1: MalformedLineError: oslo.log, line 17: "2026-11-20T08:02:"',
    'set aside  oslo.log  part from line 61: MalformedLineError: oslo.log, line 71: "-- MARK --"',
  ]);
}

const berlin = 'berlin.log: 120 requests, 12 failed, slowest /cart with 884 ms';
const lisbon = 'lisbon.log: 90 requests, 12 failed, slowest /images/logo.png with 900 ms';

describe('the sample of workflows', { timeout: 60_000 }, () => {
  it('reports each log, and calls the handler of a member for each, and that of the workflow once', async () => {
    const temporary = folder();
    const { said, ended } = start([], { TMPDIR: temporary });

    expect([await ended, said.stdout === '' ? said.stderr : '']).toEqual([0, '']);
    expectOwnReports(said.stdout);
    expect(readdirSync(temporary)).toEqual([]); // its store is gone
  });

  it('takes other files, also one without lines', async () => {
    const input = folder();
    writeFileSync(path.join(input, 'empty'), '');
    writeFileSync(
      path.join(input, 'a file.log'),
      '2026-11-20T08:00:08Z GET /a 503 7\n2026-11-20T08:00:09Z GET /b 200 3',
    );
    const { said, ended } = start(['a file.log', path.join(input, 'empty')], { INIT_CWD: input });

    expect(await ended).toBe(0);
    expect(said.stdout.split('\n').slice(0, 2)).toEqual([
      'a file.log: 2 requests, 1 failed, slowest /a with 7 ms',
      'empty: 0 requests, 0 failed',
    ]);
  });

  it('refuses a file that is not there before it starts anything', async () => {
    const { said, ended } = start(['/no/such/file']);

    expect([await ended, said.stdout, said.stderr]).toEqual([1, '', 'There is no file "/no/such/file"\n']);
  });

  it('ends its worker when it is told to end', async () => {
    const { child, ended } = start();
    await until(() => familyOf(child.pid ?? 0).length > 1, { withinMs: 20_000, what: 'a worker process' });
    const family = familyOf(child.pid ?? 0);

    child.kill('SIGINT');

    expect(await ended).toBe(1);
    await until(() => !family.some(isAlive), { withinMs: 5_000, what: 'the end of all of it' });
  });
});

describeWithServer('redis', 'the sample of workflows on Redis', (url) => {
  it('does the same, with nothing but the variable changed', { timeout: 60_000 }, async () => {
    const database = url.replace(/0$/, '203');
    const redis = new Redis(database);
    ends.push(async () => {
      await redis.flushdb();
      await redis.quit();
    });
    const { said, ended } = start([], { TASK_QUEUE_BROKER_URL: database });

    expect([await ended, said.stdout === '' ? said.stderr : '']).toEqual([0, '']);
    expectOwnReports(said.stdout);
    expect(await redis.exists('celery', 'unacked', 'unacked_index')).toBe(0);
  });
});
