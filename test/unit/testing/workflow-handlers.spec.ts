import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { chain, chord, chunks, group, map } from '../../../lib/canvas/index.js';
import { Task } from '../../../lib/tasks/index.js';
import { openWith } from './rig.js';

const called: string[] = [];

@Injectable()
class Steps {
  @Task({ name: 'steps.add' })
  add(a: number, b: number): number {
    return a + b;
  }
  @Task({ name: 'steps.fail' })
  fail(...given: unknown[]): number {
    throw new Error(`no, with ${given.length}`);
  }
  @Task({ name: 'steps.sum' })
  sum(values: readonly number[]): number {
    return values.reduce((sum, each) => sum + each, 0);
  }
  @Task({ name: 'steps.note' })
  note(given: unknown, as = 'note'): void {
    called.push(`${as} ${JSON.stringify(given)}`);
  }
}

async function open() {
  called.length = 0;
  const { client, settled } = await openWith([Steps]);
  return { client, steps: client.for(Steps), settled };
}

describe('who is told of the end of a workflow', () => {
  it('a chain: its handler once, of the step that fails; what is linked, of its result', async () => {
    const { client, steps, settled } = await open();

    const failing = await client.apply(
      chain(steps.add.s(1, 2), steps.fail.s(), steps.add.s(1)).onError(steps.note.s('h')),
    );
    await client.apply(chain(steps.add.s(1, 2), steps.add.s(3)).link(steps.note.s('linked')));
    await settled();

    const failed = failing.parent as { readonly id: string };
    expect(called.toSorted()).toEqual([`h "${failed.id}"`, 'linked 6']);
  });

  it('a group: a handler for each member that fails', async () => {
    const { client, steps, settled } = await open();

    const members = group(steps.fail.si(), steps.add.s(1, 2), chain(steps.add.s(1, 2), steps.fail.s()));
    const result = await client.apply(members.onError(steps.note.s('h')));
    await settled();

    expect(called).toHaveLength(2);
    expect(called).toContain(`h "${result.at(0)?.id}"`);
    expect(called).toContain(`h "${result.at(2)?.id}"`);
  });

  it('a chord: its handler once, with the id of the body; one for members, for each that fails', async () => {
    const { client, steps, settled } = await open();

    const body = steps.sum.s();
    const workflow = chord([steps.fail.si(1), steps.add.s(1, 2), steps.fail.si(2)], body);
    const result = await client.apply(workflow.onError(steps.note.s('once')).onMemberError(steps.note.s('member')));
    await settled();

    expect(called.filter((each) => each.startsWith('once'))).toEqual([`once "${result.id}"`]);
    expect(called.filter((each) => each.startsWith('member'))).toHaveLength(2);
  });

  it('a chord: what is linked, of the result of its body', async () => {
    const { client, steps, settled } = await open();

    await client.apply(chord([steps.add.s(1, 2), steps.add.s(3, 4)], steps.sum.s()).link(steps.note.s('linked')));
    await settled();

    expect(called).toEqual(['linked 10']);
  });
});

describe('chunks and mappings that are sent', () => {
  const pairs: [number, number][] = [
    [1, 1],
    [2, 2],
    [3, 3],
  ];

  it('give lists', async () => {
    const { client, steps } = await open();

    const parts = await client.apply(chunks(steps.add.s(), pairs, 2));
    const mapped = await client.apply(map(steps.sum.s(), [[1, 2], [3]]));

    expect(await parts.get()).toEqual([[2, 4], [6]]);
    expect(await mapped.get()).toEqual([3, 3]);
  });

  it('are followed', async () => {
    const { client, steps } = await open();

    const joined = await client.apply(chain(chunks(steps.add.s(), pairs, 2), map(steps.sum.s(), [[1, 2]])));

    expect(await joined.get()).toEqual([3]);
  });
});
