import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBroker, type Broker } from '../../../lib/brokers/index.js';
import { loadSqlite } from '../../../lib/connections/sqlite/sqlite.driver.js';
import { checkStore } from './check-store.js';
import { idsOf, message } from './messages.js';

const isRoot = process.getuid?.() === 0;
const canMount = isRoot && process.platform === 'linux' && tryMount();

describe('an embedded store', () => {
  let folder: string;
  let mounted: string[];
  let opened: Broker[];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ntq-faults-'));
    [mounted, opened] = [[], []];
  });
  afterEach(async () => {
    for (const broker of opened) await broker.close();
    for (const point of mounted) execFileSync('umount', ['-l', point]); // a driver may close its files late
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(place: string): Promise<Broker> {
    const broker = createBroker(`embedded:${place}`);
    await broker.connect();
    opened.push(broker);
    return broker;
  }

  function mount(options: string): string {
    const point = path.join(folder, 'mounted');
    mkdirSync(point, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', point]);
    mounted.push(point);
    return point;
  }

  /** A store with ten messages, closed. */
  async function fill(place: string): Promise<string> {
    const broker = createBroker(`embedded:${place}`);
    await broker.connect();
    await broker.publish(Array.from({ length: 10 }, (_, index) => message(`m${index}`)));
    await broker.close();
    return path.join(place, 'queue.sqlite');
  }

  it('is made in a folder that only its owner can enter', async () => {
    await open(path.join(folder, 'a/b'));

    expect(statSync(path.join(folder, 'a/b')).mode & 0o777).toBe(0o700);
  });

  it('is refused where the file is no database, and left as it is', async () => {
    const file = path.join(folder, 'queue.sqlite');
    writeFileSync(file, 'My memoirs, volume one. '.repeat(100));

    await expect(open(folder)).rejects.toMatchObject({
      code: 'TQ_STORE_CORRUPT',
      path: file,
      message: expect.stringContaining(file) as string,
    });

    expect(readFileSync(file, 'utf8')).toBe('My memoirs, volume one. '.repeat(100));
  });

  it('is refused where the file is damaged, and left as it is', async () => {
    const file = await fill(folder);
    truncateSync(file, 4096 * 2 + 100);
    const bytes = readFileSync(file);

    await expect(open(folder).then((broker) => broker.publish([message('a')]))).rejects.toMatchObject({
      code: 'TQ_STORE_CORRUPT',
      path: file,
    });

    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('is refused where the database is that of another program', async () => {
    const { DatabaseSync } = await loadSqlite();
    const other = new DatabaseSync(path.join(folder, 'queue.sqlite'));
    other.exec('CREATE TABLE recipe (title TEXT)');
    other.close();

    await expect(open(folder)).rejects.toMatchObject({
      code: 'TQ_STORE_CORRUPT',
      message: expect.stringContaining('another program') as string,
    });
  });

  it('is refused where a later version wrote it', async () => {
    const { DatabaseSync } = await loadSqlite();
    const other = new DatabaseSync(await fill(folder));
    other.exec('PRAGMA user_version = 99');
    other.close();

    await expect(open(folder)).rejects.toMatchObject({ code: 'TQ_STORE_VERSION', found: 99 });
  });

  it('says so where a file stands in place of its folder', async () => {
    writeFileSync(path.join(folder, 'file'), '');

    await expect(open(path.join(folder, 'file'))).rejects.toMatchObject({ code: 'TQ_STORE_LOCATION' });
    await expect(open(path.join(folder, 'file/below'))).rejects.toMatchObject({ code: 'TQ_STORE_LOCATION' });
  });

  it('says so where no folder can be made', async () => {
    await expect(open('/proc/nowhere')).rejects.toMatchObject({
      code: expect.stringMatching(/^TQ_STORE_(LOCATION|READ_ONLY)$/) as string,
    });
  });

  it('says so where a folder stands in place of its file', async () => {
    mkdirSync(path.join(folder, 'queue.sqlite'));

    await expect(open(folder)).rejects.toMatchObject({ code: 'TQ_STORE_LOCATION' });
  });

  it.skipIf(isRoot)('says so where this user may not write (needs a user that is not root)', async () => {
    chmodSync(folder, 0o500);

    await expect(open(folder)).rejects.toMatchObject({ code: 'TQ_STORE_READ_ONLY' });
  });

  it.skipIf(!canMount)('says so on a read-only disk (needs root, to mount one)', async () => {
    const point = mount('size=64k');
    await fill(path.join(folder, 'origin'));
    cpSync(path.join(folder, 'origin'), path.join(folder, 'source'), { recursive: true }); // files that nothing has open to write
    execFileSync('mount', ['--bind', path.join(folder, 'source'), point]);
    mounted.push(point);
    execFileSync('mount', ['-o', 'remount,bind,ro', point]);

    await expect(open(point)).rejects.toMatchObject({ code: 'TQ_STORE_READ_ONLY' });
    await expect(open(path.join(point, 'new'))).rejects.toMatchObject({ code: 'TQ_STORE_READ_ONLY' });
  });

  it.skipIf(!canMount)(
    'refuses what a full disk cannot take, keeps the rest, and goes on when there is room (needs root, to mount one)',
    async () => {
      const point = mount('size=1m');
      const broker = await open(point);
      const confirmed: string[] = [];

      const failure: unknown = await (async () => {
        for (let index = 0; index < 10_000; index++) {
          await broker.publish([message(`m${index}`, { body: 'x'.repeat(4_000) })]);
          confirmed.push(`m${index}`);
        }
      })().catch((error: unknown) => error);

      expect(failure).toMatchObject({ code: 'TQ_STORE_FULL', path: path.join(point, 'queue.sqlite') });
      expect(confirmed.length).toBeGreaterThan(5);
      execFileSync('mount', ['-o', 'remount,size=16m', point]);
      await broker.publish([message('after')]);
      const consumer = await broker.consume({ queues: ['q'], node: 'n' });
      const taken: string[] = [];
      while (taken.length < confirmed.length + 1) {
        const deliveries = await consumer.take(64, AbortSignal.timeout(5_000));
        expect(deliveries.length).toBeGreaterThan(0);
        taken.push(...idsOf(deliveries));
      }
      expect(taken).toEqual([...confirmed, 'after']);
      expect((await checkStore(point)).problems).toEqual([]);
    },
  );

  it.skipIf(!canMount)('says so where a full disk leaves no room to begin (needs root, to mount one)', async () => {
    const point = mount('size=64k');
    writeFileSync(path.join(point, 'filler'), Buffer.alloc(60 * 1024));

    await expect(open(point)).rejects.toMatchObject({ code: expect.stringMatching(/^TQ_STORE_(FULL|IO)$/) as string });
  });

  it('waits for one who has it locked', async () => {
    const { DatabaseSync } = await loadSqlite();
    const broker = await open(folder);
    const other = new DatabaseSync(path.join(folder, 'queue.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    const published = broker.publish([message('a')]);
    const order: string[] = [];
    void published.then(() => order.push('published'));

    await new Promise((resolve) => setTimeout(resolve, 50));
    order.push('unlocked');
    other.exec('COMMIT');
    other.close();
    await published;

    expect(order).toEqual(['unlocked', 'published']);
  });

  it('is not disturbed by lock files that nobody needs any more', async () => {
    const broker = await open(folder);
    writeFileSync(path.join(folder, 'owners', 'leftover.lock'), '');
    const longAgo = new Date(Date.now() - 86_400_000);
    utimesSync(path.join(folder, 'owners', 'leftover.lock'), longAgo, longAgo);

    const consumer = await broker.consume({ queues: ['q'], node: 'n' });

    expect(readdirSync(path.join(folder, 'owners'))).toEqual([`${consumer.owner}.lock`]);
  });
});

function tryMount(): boolean {
  const point = mkdtempSync(path.join(tmpdir(), 'ntq-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', point], { stdio: 'ignore' });
    execFileSync('umount', [point], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(point, { recursive: true, force: true });
  }
}
