import { expect, it } from 'vitest';
import { runCommand } from '../../tools/run-command.js';
import { describeWithServer } from '../../tools/servers.js';
import { lookInto, prepareBroker, startOwnServer } from './own-server.js';

/** A consumer of the same queue, which expires where that one comes from, and long after that another one's sweep. */
const PROGRAM = `
import sys
from kombu import Connection, Exchange, Queue
connection = Connection(sys.argv[1])
channel = connection.channel()
Queue('shared', Exchange('shared'), routing_key='shared', expires=60)(channel).declare()
client = connection.default_channel.client
client.zadd('_kombu.binding_deadlines', {'shared': 1})
print(channel.sweep_bindings())
`;

describeWithServer('redis', 'bindings in Redis', () => {
  describeWithServer('celery', 'beside the newest kombu', (python) => {
    it('outlast its sweep where a worker of Nest consumes the queue for good', async () => {
      const { url } = await startOwnServer();
      const { broker } = prepareBroker(url);
      await broker.connect();
      await broker.declare([{ name: 'shared' }]);
      const redis = lookInto(url);
      const before = await redis.smembers('_kombu.binding.shared');

      const swept = await runCommand(python, ['-c', PROGRAM, url], { withinMs: 60_000 });

      expect([swept.problem, swept.stdout.trim()]).toEqual(['', '1']);
      expect(before).toHaveLength(1);
      expect(await redis.smembers('_kombu.binding.shared')).toEqual(before);
      expect(await redis.smembers('_kombu.binding_permanent.shared')).toEqual(before);
    });
  });
});
