import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Catch, Injectable, UseFilters, UseGuards, type CanActivate, type ExceptionFilter } from '@nestjs/common';
import { Ctx, Task, TaskContext, TaskDefaults, type ApplyAsyncOptions } from 'nest-task-queue';
import { describe, expect, it } from 'vitest';
import { eventually } from './outcomes/eventually.js';
import { startInline, type InlineRig, type InlineRigOptions } from './outcomes/inline-rig.js';
import { Followers, gateOf, notesOf, ran, runsOf } from './outcomes/ledger.js';

class Closed implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Catch()
class Rescue implements ExceptionFilter {
  catch(error: Error): string {
    return `rescued ${error.message}`;
  }
}

const FOR_EVER = 60_000;

@Injectable()
class Bodies {
  @Task({ name: 'returns' })
  async returns(gate: string, @Ctx() context: TaskContext): Promise<string> {
    ran(context);
    await gateOf(gate).opened;
    return 'done';
  }

  @Task({ name: 'throws' })
  throws(@Ctx() context: TaskContext): void {
    ran(context);
    throw new RangeError('too far');
  }

  @Task({ name: 'throws_to_dead', acksOnFailure: false })
  throwsToDead(@Ctx() context: TaskContext): void {
    this.throws(context);
  }

  @Task({ name: 'retries', maxRetries: 1 })
  async retries(gate: string, @Ctx() context: TaskContext): Promise<string> {
    ran(context);
    if (context.retries === 0) context.retry({ countdown: 0, error: new Error('not yet') });
    await gateOf(gate).opened;
    return `after ${context.retries}`;
  }

  @Task({ name: 'soft', softTimeLimit: 30 })
  async soft(@Ctx() context: TaskContext): Promise<void> {
    ran(context);
    await pause(FOR_EVER, undefined, { signal: context.signal });
  }

  @Task({ name: 'soft_saved', softTimeLimit: 30 })
  async softSaved(@Ctx() context: TaskContext): Promise<string> {
    ran(context);
    await pause(FOR_EVER, undefined, { signal: context.signal }).catch(() => undefined);
    return 'saved';
  }

  @Task({ name: 'hard', timeLimit: 30 })
  async hard(@Ctx() context: TaskContext): Promise<void> {
    ran(context);
    await pause(FOR_EVER, undefined, { signal: context.signal });
  }

  @Task({ name: 'hard_again', timeLimit: 200, acksOnTimeout: false })
  async hardAgain(@Ctx() context: TaskContext): Promise<string> {
    ran(context);
    if (runsOf(context.id) === 1) await pause(FOR_EVER, undefined, { signal: context.signal });
    return `redelivered: ${context.request.deliveryInfo.redelivered}`;
  }

  @UseGuards(Closed)
  @Task({ name: 'guarded', autoretryFor: [Error] })
  guarded(@Ctx() context: TaskContext): void {
    ran(context);
  }

  @UseFilters(Rescue)
  @Task({ name: 'filtered' })
  filtered(@Ctx() context: TaskContext): string {
    ran(context);
    throw new Error('sunk');
  }
}

@TaskDefaults({ namePrefix: 'late.' })
@Injectable()
class LateTasks extends Bodies {}

@TaskDefaults({ namePrefix: 'early.', acksLate: false })
@Injectable()
class EarlyTasks extends Bodies {}

interface Ending {
  readonly state: string;
  readonly value: unknown;
  readonly runs: number;
  /** What its link was called with. */
  readonly called: readonly unknown[];
  /** Ids its errback was called with, of which there is one. */
  readonly failed: readonly unknown[];
  readonly dead: readonly string[];
}

async function setup(column: 'late' | 'early', options: InlineRigOptions = {}) {
  const rig = await startInline([LateTasks, EarlyTasks, Closed, Rescue, Followers], options);
  const { client } = rig;
  const followers = client.for(Followers);
  const id = randomUUID();
  const send = (task: string, args: readonly unknown[] = [], more: ApplyAsyncOptions = {}) =>
    client.send(`${column}.${task}`, args, {
      taskId: id,
      link: followers.called.s(id),
      linkError: followers.failed.s(id),
      ...more,
    });
  return {
    ...rig,
    id,
    send,
    ending: () => endingOf(rig, id),
    held: () => client.queues.stats('celery').then((s) => s.held),
  };
}

/** Waits until the task has a final state and all that follows from it was done, then says what came of it. */
async function endingOf({ client, quiet }: InlineRig, id: string): Promise<Ending> {
  const result = client.result(id);
  const value = await result.get({ propagate: false, timeout: '10s' });
  await quiet();
  const letters = await client.deadLetters.list('celery');
  return {
    state: await result.state(),
    value: value instanceof Error ? value.message : value,
    runs: runsOf(id),
    called: notesOf(`${id}:called`),
    failed: notesOf(`${id}:failed`),
    dead: letters.map(({ reason }) => reason),
  };
}

/** Message is held while its body runs, or is gone by then. */
const WHILE_RUNNING = { late: 1, early: 0 } as const;

describe.each(['late', 'early'] as const)('the outcome table: what is acknowledged %s', (column) => {
  it('and returned: SUCCESS is stored and its callbacks are sent', async () => {
    const { id, send, ending, held } = await setup(column);

    await send('returns', [id]);
    await eventually('it runs', () => runsOf(id) === 1);
    const heldMeanwhile = await held();
    gateOf(id).open();

    expect(heldMeanwhile).toBe(WHILE_RUNNING[column]);
    expect(await ending()).toEqual({
      state: 'SUCCESS',
      value: 'done',
      runs: 1,
      called: ['done'],
      failed: [],
      dead: [],
    });
  });

  it('and threw: FAILURE is stored and its errbacks are sent', async () => {
    const { id, send, ending } = await setup(column);

    await send('throws');

    const value = expect.stringContaining('too far') as string;
    expect(await ending()).toEqual({ state: 'FAILURE', value, runs: 1, called: [], failed: [id], dead: [] });
  });

  it('and threw, with acksOnFailure off: it is dead-lettered, where that is still possible', async () => {
    const { id, send, ending } = await setup(column);

    await send('throws_to_dead');

    const dead = column === 'late' ? ['rejected'] : [];
    expect(await ending()).toMatchObject({ state: 'FAILURE', runs: 1, called: [], failed: [id], dead });
  });

  it('and is retried: RETRY is stored, the next run is sent, and has its links', async () => {
    const { id, client, send, ending } = await setup(column);

    await send('retries', [id]);
    await eventually('the second run', () => runsOf(id) === 2);
    const between = await client.result(id).state();
    gateOf(id).open();

    expect(between).toBe('RETRY');
    expect(await ending()).toEqual({
      state: 'SUCCESS',
      value: 'after 1',
      runs: 2,
      called: ['after 1'],
      failed: [],
      dead: [],
    });
  });

  it('and ran into its soft limit: it fails with that where the body lets it', async () => {
    const { id, send, ending } = await setup(column);

    await send('soft');

    const value = expect.stringContaining('soft time limit of 0.03 s') as string;
    expect(await ending()).toEqual({ state: 'FAILURE', value, runs: 1, called: [], failed: [id], dead: [] });
  });

  it('and ran into its soft limit: the body may end well', async () => {
    const { send, ending } = await setup(column);

    await send('soft_saved');

    expect(await ending()).toEqual({
      state: 'SUCCESS',
      value: 'saved',
      runs: 1,
      called: ['saved'],
      failed: [],
      dead: [],
    });
  });

  it('and ran into its hard limit: FAILURE is stored and its errbacks are sent', async () => {
    const { id, send, ending } = await setup(column);

    await send('hard');

    const value = expect.stringContaining('time limit of 0.03 s') as string;
    expect(await ending()).toEqual({ state: 'FAILURE', value, runs: 1, called: [], failed: [id], dead: [] });
  });

  it('and ran into its hard limit, with acksOnTimeout off: it runs again, where that is still possible', async () => {
    const { id, send, ending } = await setup(column);

    await send('hard_again');

    expect(await ending()).toMatchObject(
      column === 'late'
        ? { state: 'SUCCESS', value: 'redelivered: true', runs: 2, failed: [], dead: [] }
        : { state: 'FAILURE', runs: 1, failed: [id], dead: [] },
    );
  });

  it('and was revoked: REVOKED is stored, the body does not run', async () => {
    const { id, client, send, ending, startWorker } = await setup(column, { worker: false });

    await send('returns', [id]);
    await client.result(id).revoke();
    await startWorker();

    const value = expect.stringContaining('revoked') as string;
    expect(await ending()).toEqual({ state: 'REVOKED', value, runs: 0, called: [], failed: [], dead: [] });
  });

  it('and has expired: REVOKED is stored, the body does not run', async () => {
    const { id, send, ending, startWorker } = await setup(column, { worker: false });

    await send('returns', [id], { expires: new Date(Date.now() - 1) });
    await startWorker();

    const value = expect.stringContaining('expired') as string;
    expect(await ending()).toEqual({ state: 'REVOKED', value, runs: 0, called: [], failed: [], dead: [] });
  });

  it('and was refused by a guard: FAILURE TaskForbidden is stored, and nothing retried', async () => {
    const { id, send, ending } = await setup(column);

    await send('guarded');

    const value = expect.stringContaining('A guard refused to run task') as string;
    expect(await ending()).toEqual({ state: 'FAILURE', value, runs: 0, called: [], failed: [id], dead: [] });
  });

  it('and a filter returned a value: as returned', async () => {
    const { send, ending } = await setup(column);

    await send('filtered');

    const value = 'rescued sunk';
    expect(await ending()).toEqual({ state: 'SUCCESS', value, runs: 1, called: [value], failed: [], dead: [] });
  });
});
