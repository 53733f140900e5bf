import { Test } from '@nestjs/testing';
import { TaskClient } from 'nest-task-queue';
import { createTaskQueueTesting, taskQueueMatchers } from 'nest-task-queue/testing';
import { AppModule, GreetTasks } from './app.module.js';

expect.extend(taskQueueMatchers);

describe('the app under test', () => {
  it('runs a task when its time has come', async () => {
    const testing = createTaskQueueTesting();
    const app = await testing.compile(Test.createTestingModule({ imports: [AppModule] }));
    const tasks = app.get(TaskClient).for(GreetTasks);

    const sum = await tasks.add.applyAsync([2, 3], { countdown: '10s' });
    const greeting = await tasks.greet.applyAsync([' Ada'], { headers: { 'x-tenant': 'a' } });
    await testing.settle();

    expect(testing).toHaveEnqueued([GreetTasks, 'add'], [2, 3]);
    expect(await greeting.get()).toBe('"Hello Ada"');
    expect(await sum.state()).toBe('PENDING');
    await testing.advance('10s');
    expect(await sum.get()).toBe(5);
    expect(testing.sent.filter(({ task }) => task === 'tick')).toHaveLength(10);
    await testing.close();
  });
});
