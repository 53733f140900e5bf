import { randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TaskClient, TaskEvents, TaskQueueModule, type TasksOptions } from '../../../lib/index.js';
import { until } from '../../tools/until.js';

@Module({})
class Sender {}

async function open(tasks: TasksOptions, store = randomUUID()) {
  const imports = [TaskQueueModule.forRoot({ broker: `memory:${store}`, tasks })];
  const app = await NestFactory.createApplicationContext({ module: Sender, imports }, { logger: false });
  onTestFinished(() => app.close());
  const { cluster } = app.get(TaskEvents);
  const heard: { readonly type: string }[] = [];
  const subscription = cluster.all$.subscribe((event) => heard.push(event));
  onTestFinished(() => subscription.unsubscribe());
  await cluster.listening();
  return { client: app.get(TaskClient), heard };
}

describe('tasks.sendSentEvent', () => {
  it('tells monitors of each task that was sent: what it is called with and where it goes', async () => {
    const { client, heard } = await open({ sendSentEvent: true });

    const result = await client.send('proj.add', [2, 3], { queue: 'math' });
    await until(() => heard.length > 0, { withinMs: 5_000, what: 'An event is heard' });

    expect(heard).toEqual([
      expect.objectContaining({
        type: 'task-sent',
        id: result.id,
        name: 'proj.add',
        args: '(2, 3)',
        kwargs: '{}',
        queue: 'math',
        routingKey: 'math',
        retries: 0,
      }),
    ]);
  });

  it('is off by default', async () => {
    const store = randomUUID();
    const silent = await open({}, store);
    const { client, heard } = await open({ sendSentEvent: true }, store);

    await silent.client.send('not.told', []);
    await client.send('told', []);
    await until(() => heard.length > 0, { withinMs: 5_000, what: 'An event is heard' });

    expect(heard).toEqual([expect.objectContaining({ name: 'told' })]);
  });
});
