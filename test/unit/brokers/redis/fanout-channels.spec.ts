import { describe, expect, it } from 'vitest';
import { FanoutChannels } from '../../../../lib/brokers/redis/fanout-channels.js';
import { readVector } from '../../../fixtures/wire/vectors.js';

describe('the channels of a fanout exchange', () => {
  it.each([
    ['fanout', '', 'ex.f', ['', 'some.key']],
    ['fanout_keyprefix', 'pfx:', 'ex.f', ['k']],
  ] as const)('are published to as kombu does: %s', (name, prefix, exchange, keys) => {
    const { commands } = readVector('redis-broker', name) as unknown as { commands: readonly string[][] };
    const channels = new FanoutChannels(prefix, 0);

    expect(keys.map((key) => channels.channelOf(exchange, key))).toEqual(
      commands.filter(([command]) => command === 'PUBLISH').map(([, channel]) => channel),
    );
  });

  it.each([
    ['', ['/5.ex']],
    ['task.sent', ['/5.ex/task.sent']],
    ['#', ['/5.ex', 'p /5.ex/*']],
    ['worker.#', ['/5.ex', '/5.ex/worker', 'p /5.ex/worker.*']],
    ['a.#.b', ['/5.ex', 'p /5.ex/a*.b']],
    ['worker.*', ['/5.ex', 'p /5.ex/worker.*']],
    ['#.sent', ['/5.ex', 'p /5.ex/*.sent']],
    ['w[a]?.*', ['/5.ex', String.raw`p /5.ex/w\[a\]\?.*`]],
  ])('are listened to for the pattern %j', (pattern, expected) => {
    const channels = new FanoutChannels('', 5).channelsFor('ex', pattern);

    expect(channels.map(({ name, isPattern }) => (isPattern ? `p ${name}` : name))).toEqual(expected);
  });

  it('take the wildcards of a key prefix for text', () => {
    const channels = new FanoutChannels('a*[b]:', 0).channelsFor('ex', '#');

    expect(channels.map(({ name }) => name)).toEqual(['a*[b]:/0.ex', String.raw`a\*\[b\]:/0.ex/*`]);
  });
});
