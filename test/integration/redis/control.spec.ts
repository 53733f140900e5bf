import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import type { Fanout } from '../../../lib/brokers/index.js';
import { createCommands, NodeMailbox, TaskControl } from '../../../lib/control/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import { LogicalClock, systemClock } from '../../../lib/time/index.js';
import { describeWithServer } from '../../tools/servers.js';
import { fakeNode } from '../../unit/control/fake-node.js';
import { lookInto, prepareBroker } from './own-server.js';

const serialization = new Serialization();
const log = { log: () => undefined, warn: () => undefined };

describeWithServer('redis', 'remote control over Redis', (url) => {
  it('hears all of ten workers each time it asks, and leaves nothing behind', async () => {
    const keyPrefix = `t${randomUUID()}:`;
    const connect = async () => {
      const { broker } = prepareBroker(url, { keyPrefix });
      await broker.connect();
      return broker;
    };
    for (let index = 0; index < 10; index += 1) {
      const { node } = fakeNode({ hostname: `n${index}@host` });
      const fanout = (await connect()).fanout as Fanout;
      const setup = { node, fanout, namespace: 'celery', serialization, clock: systemClock, log };
      const mailbox = new NodeMailbox({ ...setup, commands: createCommands(), logicalClock: new LogicalClock() });
      await mailbox.open();
      onTestFinished(() => mailbox.close());
    }
    const broker = await connect();
    const setup = { broker, connect: async () => undefined, namespace: 'celery', serialization, clock: systemClock };
    const control = new TaskControl(setup);

    for (let round = 0; round < 3; round += 1) {
      const { replies } = await control.inspect.ping({ timeout: '20s' });
      expect(replies.size).toBe(10);
    }
    await control.close();
    expect(await lookInto(url).keys(`${keyPrefix}*`)).toEqual([`${keyPrefix}_kombu.binding_deadlines`]);
  });
});
