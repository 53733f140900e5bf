import { expect } from 'vitest';
import type { EncodedResult } from '../../../lib/brokers/index.js';
import type { ResultBackend } from '../../../lib/backends/index.js';
import { record } from '../result-backend.bench.js';
import { ack, message, type BrokerCase } from '../broker.bench.js';

export const jointResultsCases: readonly BrokerCase[] = [
  {
    name: 'stores the results of what it settles in the same step',
    needs: ['jointResults'],
    async run(bench) {
      const backend = await bench.results();
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const delivery = await bench.takeOne(consumer);

      await consumer.settle([{ ...ack(delivery), results: encode(backend, 'SUCCESS', '42') }]);

      expect(backend.store).toBe(bench.broker.store);
      expect(await backend.fetch(['a'])).toMatchObject([{ taskId: 'a', status: 'SUCCESS', result: 42 }]);
    },
  },
  {
    name: 'stores no result for what was no longer held',
    needs: ['jointResults'],
    async run(bench) {
      const backend = await bench.results();
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const delivery = await bench.takeOne(consumer);
      await consumer.settle([{ delivery, as: 'requeue', charge: false }]);

      await consumer.settle([{ ...ack(delivery), results: encode(backend, 'FAILURE', '{}') }]);

      expect(await backend.fetch(['a'])).toEqual([undefined]);
    },
  },
  {
    name: 'does not replace SUCCESS by a result that it settles',
    needs: ['jointResults'],
    async run(bench) {
      const backend = await bench.results();
      await backend.storeResults([record('a', { status: 'SUCCESS', result: '1' })]);
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const delivery = await bench.takeOne(consumer);

      await consumer.settle([{ ...ack(delivery), results: encode(backend, 'FAILURE', '{}') }]);

      expect(await backend.fetch(['a'])).toMatchObject([{ status: 'SUCCESS', result: 1 }]);
      expect(await consumer.findLost([delivery])).toEqual([delivery]);
    },
  },
];

function encode(backend: ResultBackend, status: string, result: string): readonly EncodedResult[] {
  return backend.encode?.([record('a', { status, result })]) ?? [];
}
