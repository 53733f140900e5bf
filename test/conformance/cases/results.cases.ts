import { expect } from 'vitest';
import { record, type ResultBackendCase } from '../result-backend.bench.js';

export const resultsCases: readonly ResultBackendCase[] = [
  {
    name: 'fetches nothing for a task of which nothing is stored',
    async run(bench) {
      expect(await bench.backend.fetch(['a', 'b'])).toEqual([undefined, undefined]);
      expect(await bench.backend.fetch([])).toEqual([]);
    },
  },
  {
    name: 'fetches all that was stored',
    async run(bench) {
      await bench.backend.storeResults([
        record('a', {
          status: 'FAILURE',
          result: '{"exc_type": "ValueError", "exc_message": ["ä 𝄞"], "exc_module": "builtins"}',
          traceback: 'Traceback\n  "line"',
          children: [
            [['child', [['parent', null], null]], null],
            [['group', null], [[['member', null], null]]],
          ],
          dateDoneMs: 1_700_000_000_123,
          groupId: 'group',
          parentId: 'parent',
          extended: { name: 'proj.add', args: '[1, 2]', kwargs: '{"x": 3}', worker: 'w@host', retries: 2, queue: 'q' },
        }),
      ]);

      const [meta] = await bench.backend.fetch(['a']);

      expect(meta).toEqual({
        taskId: 'a',
        status: 'FAILURE',
        result: { exc_type: 'ValueError', exc_message: ['ä 𝄞'], exc_module: 'builtins' },
        traceback: 'Traceback\n  "line"',
        children: [
          [['child', [['parent', null], null]], null],
          [['group', null], [[['member', null], null]]],
        ],
        dateDoneMs: 1_700_000_000_123,
        groupId: 'group',
        parentId: 'parent',
        name: 'proj.add',
        args: [1, 2],
        kwargs: { x: 3 },
        worker: 'w@host',
        retries: 2,
        queue: 'q',
      });
    },
  },
  {
    name: 'decodes values that kombu writes typed',
    async run(bench) {
      await bench.backend.storeResults([
        record('a', { result: '[12345678901234567890, {"__type__": "bytes", "__value__": "hi"}]' }),
      ]);

      const [meta] = await bench.backend.fetch(['a']);

      expect(meta?.result).toEqual([12345678901234567890n, new Uint8Array(Buffer.from('hi'))]);
    },
  },
  {
    name: 'fetches in the order of the ids, from any connection',
    async run(bench) {
      await bench.backend.storeResults(['a', 'b', 'c'].map((id) => record(id, { result: `"${id}"` })));

      const metas = await (await bench.peer()).fetch(['c', 'nobody', 'a', 'c']);

      expect(metas.map((meta) => meta?.result)).toEqual(['c', undefined, 'a', 'c']);
    },
  },
  {
    name: 'replaces an earlier state by a later one, also within a batch',
    async run(bench) {
      await bench.backend.storeResults([record('a', { status: 'STARTED' }), record('b', { status: 'STARTED' })]);
      await bench.backend.storeResults([record('a', { status: 'RETRY' }), record('a', { status: 'FAILURE' })]);

      const metas = await bench.backend.fetch(['a', 'b']);

      expect(metas.map((meta) => meta?.status)).toEqual(['FAILURE', 'STARTED']);
    },
  },
  {
    name: 'never replaces SUCCESS',
    needs: ['keepsSuccess'],
    async run(bench) {
      await bench.backend.storeResults([record('a', { result: '"first"' })]);

      await bench.backend.storeResults([record('a', { status: 'FAILURE' }), record('b', { status: 'STARTED' })]);
      await (await bench.peer()).storeResults([record('a', { result: '"second"' })]);

      expect(await bench.backend.fetch(['a', 'b'])).toMatchObject([
        { status: 'SUCCESS', result: 'first' },
        { status: 'STARTED' },
      ]);
    },
  },
  {
    name: 'keeps one SUCCESS of many that are stored at once',
    needs: ['keepsSuccess'],
    async run(bench) {
      const backends = [bench.backend, await bench.peer()];
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) =>
          backends[index % 2]?.storeResults([record('a', index === 7 ? { result: '"right"' } : { status: 'FAILURE' })]),
        ),
      );

      expect(await bench.backend.fetch(['a'])).toMatchObject([{ status: 'SUCCESS', result: 'right' }]);
    },
  },
  {
    name: 'forgets, after which a task may be stored again',
    async run(bench) {
      await bench.backend.storeResults([record('a'), record('b')]);

      await bench.backend.forget(['a', 'nobody']);
      expect(await bench.backend.fetch(['a', 'b'])).toMatchObject([undefined, { taskId: 'b' }]);

      await bench.backend.storeResults([record('a', { status: 'FAILURE' })]);
      expect(await bench.backend.fetch(['a'])).toMatchObject([{ status: 'FAILURE' }]);
    },
  },
  {
    name: 'keeps a value of a megabyte and a batch of a thousand',
    async run(bench) {
      const text = 'ä'.repeat(512 * 1024);
      await bench.backend.storeResults([record('large', { result: JSON.stringify(text) })]);
      await bench.backend.storeResults(
        Array.from({ length: 1_000 }, (_, index) => record(`n${index}`, { result: String(index) })),
      );

      const ids = Array.from({ length: 1_000 }, (_, index) => `n${index}`);

      expect((await bench.backend.fetch(['large']))[0]?.result).toBe(text);
      expect((await bench.backend.fetch(ids)).map((meta) => meta?.result)).toEqual(ids.map((_, index) => index));
    },
  },
  {
    name: 'keeps results no longer than told',
    needs: ['expires'],
    async run(bench) {
      const brief = await bench.peer({ expiresMs: 30 });
      const forEver = await bench.peer({ expiresMs: 0 });
      await brief.storeResults([record('brief')]);
      await forEver.storeResults([record('forEver')]);

      await bench.until('brief', (meta) => meta === undefined);

      expect(await bench.backend.fetch(['forEver'])).toMatchObject([{ status: 'SUCCESS' }]);
      await bench.backend.storeResults([record('brief', { status: 'FAILURE' })]);
      expect(await bench.backend.fetch(['brief'])).toMatchObject([{ status: 'FAILURE' }]);
    },
  },
  {
    name: 'deletes what has expired when asked, and says how many',
    needs: ['cleanup'],
    async run(bench) {
      const brief = await bench.peer({ expiresMs: 1 });
      await brief.storeResults([record('a'), record('b')]);
      await bench.backend.storeResults([record('kept')]);
      const signal = AbortSignal.timeout(bench.patienceMs);

      let deleted = 0;
      while (deleted < 2 && !signal.aborted) {
        deleted += (await bench.backend.cleanup?.()) ?? 0;
        await new Promise((resolve) => setImmediate(resolve));
      }

      expect(deleted).toBe(2);
      expect(await bench.backend.fetch(['kept'])).toMatchObject([{ status: 'SUCCESS' }]);
    },
  },
  {
    name: 'encodes what it would write',
    needs: ['encode'],
    async run(bench) {
      const [encoded] = bench.backend.encode?.([record('a', { result: '{"x": 1}' })]) ?? [];

      expect(encoded).toMatchObject({
        taskId: 'a',
        status: 'SUCCESS',
        key: expect.stringMatching(/celery-task-meta-a$/),
      });
      expect(encoded?.value.startsWith('{"status": "SUCCESS", "result": {"x": 1}, ')).toBe(true);
      expect(encoded?.expiresMs).toBeGreaterThan(0);
    },
  },
  {
    name: 'refuses to store when closed, and closes twice',
    async run(bench) {
      const backend = await bench.peer();

      await backend.close();
      await backend.close();

      await expect(backend.storeResults([record('a')])).rejects.toMatchObject({
        code: 'TQ_RESULT_BACKEND_UNAVAILABLE',
      });
    },
  },
];
