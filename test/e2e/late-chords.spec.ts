import { Injectable } from '@nestjs/common';
import { chord, graph, Signature, Task } from 'nest-task-queue';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createResultBackend } from '../../lib/backends/index.js';
import { createBroker } from '../../lib/brokers/index.js';
import { createChordWatch, type BeatParts } from '../../lib/nest/index.js';
import { resolveTasksOptions } from '../../lib/options/index.js';
import { Serialization } from '../../lib/serialization/index.js';
import { VirtualClock } from '../../lib/time/index.js';
import { startInline, type InlineRig } from './outcomes/inline-rig.js';

const told: string[] = [];

@Injectable()
class Tasks {
  @Task({ name: 'add' })
  add(a: number, b: number): number {
    return a + b;
  }

  @Task({ name: 'sum' })
  sum(numbers: readonly number[]): number {
    return numbers.reduce((a, b) => a + b, 0);
  }

  @Task({ name: 'told' })
  told(id: string): void {
    told.push(id);
  }
}

/** What a worker looks for late chords with, at the pace of a clock of the test's own. */
async function watchOf({ store }: InlineRig) {
  const [broker, backend] = [createBroker(store.location), createResultBackend(store.location)];
  await broker.connect();
  await backend.connect();
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const watch = createChordWatch(
    {
      report: { schedules: [], options: { tasks: resolveTasksOptions({}) } as BeatParts['report']['options'] },
      broker,
      serialization: new Serialization(),
      name: 'celery@here',
      clock,
      log: { log: () => undefined, warn: (line) => void warnings.push(line) },
    },
    backend,
  );
  watch?.start();
  onTestFinished(async () => {
    await watch?.stop();
    await broker.close();
    await backend.close();
  });
  return { clock, warnings };
}

describe('a chord that has not ended by its deadline', () => {
  it('fails, says how far it came, and tells who is told of failures once', async () => {
    const rig = await startInline([Tasks], { module: { results: { chordDeadline: '1ms' } } });
    const { clock, warnings } = await watchOf(rig);
    const { add, sum, told: tell } = rig.client.for(Tasks);
    const lost = add.s(2, 2).set({ queue: 'nobody-consumes' });

    const result = await rig.client.apply(chord([add.s(1, 1), lost], sum.s()).linkError(tell.s()));
    await rig.quiet();
    const error = result.get({ timeout: '5s' }).catch(String);
    for (let looks = 0; looks < 3; looks += 1) await clock.advance(40_000);

    expect(await error).toMatch(/^ChordError: Chord [0-9a-f-]{36} did not end by its deadline: 1 of 2 members/);
    await rig.quiet();
    expect(told).toEqual([result.id]);
    expect(warnings).toEqual(['A chord has not ended by their deadline.']);
    expect(rig.store.deadlines.size).toBe(0);
  });

  it('fails what comes after it in a graph, each with its news once', async () => {
    told.splice(0);
    const rig = await startInline([Tasks], { module: { results: { chordDeadline: '1ms' } } });
    const { clock } = await watchOf(rig);
    const { add, sum, told: tell } = rig.client.for(Tasks);

    const result = await rig.client.apply(
      graph({
        lost: add.s(2, 2).set({ queue: 'nobody-consumes' }),
        start: add.s(1, 1),
        aside: { after: 'start', run: add.s(1) },
        join: { after: ['lost', 'start'], run: sum.s() },
        left: { after: 'join', run: add.s(1) },
        right: { after: 'join', run: add.s(2) },
        last: { after: ['left', 'right', 'aside'], run: sum.s().onError(tell.s()) },
      }),
    );
    await rig.quiet();
    for (let looks = 0; looks < 3; looks += 1) await clock.advance(40_000);
    const { aside, join, left, last } = result.nodes;
    const [joined, below, end] = await Promise.all(
      [join, left, last].map((node) => node.get({ timeout: '5s', propagate: false }).then(String)),
    );
    await rig.quiet();

    expect(joined).toMatch(/^ChordError: Chord [0-9a-f-]{36} did not end by its deadline: 1 of 2 members/);
    expect(below).toBe(joined);
    expect(end).toMatch(/^ChordError: /);
    expect(await aside.get()).toBe(3);
    expect(told).toEqual([last.id]);
    expect(rig.store.deadlines.size).toBe(0);
  });

  it('is one of Python as well, from its first member on that runs here', async () => {
    const rig = await startInline([Tasks], { module: { results: { chordDeadline: '1ms' } } });
    const { clock } = await watchOf(rig);
    // As Celery's client sends it, which says nothing of it to the store but its size; its second member is lost.
    const [groupId, bodyId] = ['python-group', 'python-body'];
    const backend = createResultBackend(rig.store.location);
    await backend.connect();
    await backend.chords?.open([{ groupId, size: 2 }]);
    await backend.close();
    const body = { ...rig.client.for(Tasks).sum.s().toMap(), chord_size: 2, options: { task_id: bodyId } };
    const member = { task: 'add', args: [1, 1], options: { group_id: groupId, group_index: 0, chord: body } };

    await rig.client.apply(Signature.fromMap(member) as Signature<[], unknown>);
    await rig.quiet();
    expect(rig.store.deadlines.size).toBe(1);
    const error = rig.client.result(bodyId).get({ timeout: '5s' }).catch(String);
    for (let looks = 0; looks < 3; looks += 1) await clock.advance(40_000);

    expect(await error).toMatch(/^ChordError: Chord python-group did not end by its deadline: 1 of 2 members/);
  });

  it('is not ended again where all that was known of it is gone', async () => {
    const rig = await startInline([Tasks]);
    const body = { ...rig.client.for(Tasks).sum.s().toMap(), chord_size: 1, options: { task_id: 'long-ended' } };
    const deadline = { task: 'celery.chord_deadline', options: { group_id: 'gone', chord: body } };

    await rig.client.apply(Signature.fromMap(deadline) as Signature<[], unknown>);
    await rig.quiet();

    expect(await rig.client.result('long-ended').state()).toBe('PENDING');
  });

  it('is none that has ended: nothing is kept of that', async () => {
    const rig = await startInline([Tasks], { module: { results: { chordDeadline: '1h' } } });
    const { add, sum } = rig.client.for(Tasks);

    const result = await rig.client.apply(chord([add.s(1, 1), add.s(2, 2)], sum.s()));

    expect(await result.get({ timeout: '5s' })).toBe(6);
    await expect.poll(() => rig.store.deadlines.size).toBe(0);
  });
});
