import { describe, expect, it } from 'vitest';
import type { Settlement } from '../../../../lib/brokers/index.js';
import { RedisDelivery } from '../../../../lib/brokers/redis/redis-delivery.js';
import { RedisKeys } from '../../../../lib/brokers/redis/redis-keys.js';
import { listOf } from '../../../../lib/brokers/redis/redis-lists.js';
import { RedisPublisher } from '../../../../lib/brokers/redis/redis-publisher.js';
import { LOSSES_S, SettlementWriter } from '../../../../lib/brokers/redis/redis-settlement.js';
import type { RedisLink } from '../../../../lib/connections/index.js';
import { formatEnvelope } from '../../../../lib/protocol/index.js';
import { VirtualClock } from '../../../../lib/time/index.js';
import { message } from '../../../conformance/broker.bench.js';

const nowMs = Date.UTC(2026, 0, 1);
const keys = new RedisKeys('p:');
const publisher = new RedisPublisher({} as RedisLink, keys, [0, 3, 6, 9], 1_000, new VirtualClock());
const writer = new SettlementWriter(keys, publisher);
const text = formatEnvelope(message('a'), 'first-tag');
const delivery = new RedisDelivery('ntq:me:3:7', listOf(keys, 'q', 3), 7, 0, text, false, 0);
const list = 'p:q\u0006\u00163';

async function write(settlement: object) {
  const whole = { delivery, ...settlement } as unknown as Settlement;
  const { keys: used, args } = writer.write(whole, delivery, await writer.route(whole), nowMs);
  const [tag, kind, keyCount, followCount, ...following] = args;
  expect(tag).toBe(delivery.tag);
  expect([keyCount, followCount], 'what the script is told about their number').toEqual([
    used.length,
    following.length,
  ]);
  return { kind, keys: used, following };
}

describe('SettlementWriter', () => {
  it('acknowledges with nothing more', async () => {
    expect(await write({ as: 'ack' })).toEqual({ kind: 'ack', keys: [], following: [] });
  });

  it('releases to the list it came from, letter for letter', async () => {
    expect(await write({ as: 'release' })).toEqual({ kind: 'give', keys: [list], following: [text] });
  });

  it('gives back marked and with a tag of its own', async () => {
    const { kind, keys: used, following } = await write({ as: 'requeue', charge: false });

    expect([kind, used]).toEqual(['give', [list]]);
    expect(JSON.parse(String(following[0]))).toMatchObject({
      headers: { redelivered: true, id: 'a' },
      properties: {
        delivery_info: { redelivered: true },
        delivery_tag: expect.not.stringMatching('first-tag') as string,
      },
    });
  });

  it('charges a loss to the task and its attempt, and remembers it for a week', async () => {
    const { kind, keys: used, following } = await write({ as: 'requeue', charge: true });

    expect([kind, used]).toEqual(['charge', [list, 'p:ntq:losses:a:0']]);
    expect(following[1]).toBe(LOSSES_S);
  });

  it('parks until a time in the seconds of the server', async () => {
    expect(await write({ as: 'park', untilMs: nowMs + 1 })).toEqual({
      kind: 'park',
      keys: [],
      following: [`${nowMs / 1_000}.001000`],
    });
  });

  it('buries in the list of the dead, with the reason', async () => {
    const { kind, keys: used, following } = await write({ as: 'dead', reason: 'rejected', error: 'no use' });

    expect([kind, used]).toEqual(['bury', ['p:q.dead']]);
    expect(JSON.parse(String(following[0]))).toMatchObject({
      headers: { 'x-death': [{ queue: 'q', reason: 'rejected', count: 1 }], 'x-death-error': 'no use' },
    });
  });

  it('names the keys of results and successors in the order of their arguments', async () => {
    const results = [
      { taskId: 'a', status: 'SUCCESS', key: 'celery-task-meta-a', value: '{}', expiresMs: 86_400_000.4 },
      { taskId: 'b', status: 'STARTED', key: 'celery-task-meta-b', value: '[]', expiresMs: 0 },
    ];
    const successors = [message('next', { priority: 9 }), message('then', { queue: 'r' })];

    const { keys: used, following } = await write({ as: 'ack', results, successors });

    expect(used).toEqual(['celery-task-meta-a', 'celery-task-meta-b', 'p:q\u0006\u00169', 'p:r']);
    expect(following.slice(0, 6)).toEqual(['result', '{}', 86_400_001, 'result', '[]', 0]);
    expect([following[6], following[8]]).toEqual(['send', 'send']);
  });

  it('knows for another thread how to give a message back by its tag', () => {
    const call = writer.writeTag({ tag: 'ntq:me:0:1', as: 'requeue' }, [], { list, text });

    expect([call.keys, call.args.slice(0, 4)]).toEqual([[list], ['ntq:me:0:1', 'give', 1, 1]]);
    expect(String(call.args[4])).toContain('"redelivered": true');
    expect(writer.writeTag({ tag: 't' }, []).args).toEqual(['t', 'ack', 0, 0]);
  });
});
