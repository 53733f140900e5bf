import { describe, expect, it } from 'vitest';
import { describeWithServer } from '../tools/servers.js';
import { chaos } from './short-run.js';

/** For machines with other work: recoveries may take longer than promised. */
const patience = ['--patience', '5'];

describeWithServer('redis', 'Redis and its workers', () => {
  describe('under random kills', { timeout: 180_000 }, () => {
    it('lose nothing, repeat only what was running, and go on soon', async () => {
      const size = ['--tasks', '1200', '--kills', '4', '--lease', '3000'];
      const [report] = await chaos('--store', 'redis', '--part', 'storm', ...size, ...patience);

      expect(report?.problems, `seed ${report?.seed}`).toEqual([]);
      expect(report?.counts['kills']).toBe(4);
    });
  });

  describe('with messages that end the process they run in', { timeout: 180_000 }, () => {
    it('dead-letter them, and only them', async () => {
      const [report] = await chaos('--store', 'redis', '--part', 'poison', '--pool', 'prefork');

      expect(report?.problems).toEqual([]);
      expect(report?.counts).toMatchObject({ succeeded: 1_000, deadLettered: 2, lost: 2 });
    });
  });

  describe('with a task that computes for longer than a lease', { timeout: 180_000 }, () => {
    it('run it once', async () => {
      const pools = ['--pool', 'prefork', '--pool', 'async'];
      const size = ['--seconds', '6', '--lease', '3000'];
      const reports = await chaos('--store', 'redis', '--part', 'long', ...size, ...pools);

      expect(reports.map(({ pool, problems }) => ({ pool, problems }))).toEqual(
        ['prefork', 'async'].map((pool) => ({ pool, problems: [] })),
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
      const [report] = await chaos('--store', 'redis', '--part', 'faults', '--lease', '5000', ...patience);

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
