import { describe, expect, it } from 'vitest';
import { describeWithServer } from '../tools/servers.js';
import { chaos } from './short-run.js';

/** For machines with other work: recoveries may take longer than promised. */
const patience = ['--patience', '5'];

describeWithServer('redis', 'Redis and its workers', () => {
  describe('under random kills', { timeout: 180_000 }, () => {
    it('lose nothing, repeat only what was running, and go on soon', async () => {
      const [report] = await chaos('--store', 'redis', '--part', 'storm', '--lease', '4000', ...patience);

      expect(report?.problems, `seed ${report?.seed}`).toEqual([]);
      expect(report?.counts['kills']).toBe(6);
    });
  });

  describe('with messages that end the process they run in', { timeout: 180_000 }, () => {
    it.each(['prefork', 'solo'])('dead-letter them, and only them (%s)', async (pool) => {
      const [report] = await chaos('--store', 'redis', '--part', 'poison', '--pool', pool);

      expect(report?.problems).toEqual([]);
      expect(report?.counts).toMatchObject({ succeeded: 1_000, deadLettered: 2, lost: 2 });
    });
  });

  describe('with a task that computes for longer than a lease', { timeout: 180_000 }, () => {
    it('run it once on each pool', async () => {
      const reports = await chaos('--store', 'redis', '--part', 'long', '--seconds', '8', '--lease', '5000');

      expect(reports.map(({ pool, problems }) => ({ pool, problems }))).toEqual(
        ['prefork', 'threads', 'async', 'solo'].map((pool) => ({ pool, problems: [] })),
      );
    });
  });

  describe('when connections break and the server is started again', { timeout: 180_000 }, () => {
    it('lose nothing, and go on by themselves', async () => {
      const [report] = await chaos('--store', 'redis', '--part', 'outages', '--lease', '10000', ...patience);

      expect(report?.problems, `seed ${report?.seed}`).toEqual([]);
      expect(report?.counts['faults']).toBe(9);
    });
  });

  describe('when a worker stands still, or its clock is wrong', { timeout: 180_000 }, () => {
    it('lose nothing, and repeat no more than it held', async () => {
      const [report] = await chaos('--store', 'redis', '--part', 'faults', '--lease', '3000', ...patience);

      expect(report?.problems, `seed ${report?.seed}`).toEqual([]);
      expect(report?.counts['faults']).toBe(3);
    });
  });
});

describeWithServer('celery', 'Nest and Python workers on one Redis', () => {
  it(
    'run a long task and one of later once, though Python takes what is held for given up',
    {
      timeout: 180_000,
    },
    async () => {
      const [report] = await chaos('--store', 'redis', '--part', 'mixed', '--lease', '10000', ...patience);

      expect(report?.problems, `seed ${report?.seed}`).toEqual([]);
      expect(report?.counts).toMatchObject({ long: 5, eta: 20 });
    },
  );
});
