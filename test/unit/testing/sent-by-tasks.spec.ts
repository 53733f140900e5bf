import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { chain, chord, graph, group } from '../../../lib/canvas/index.js';
import { TaskClient } from '../../../lib/client/index.js';
import type { ResultTuple } from '../../../lib/protocol/index.js';
import { Ctx, Task, TaskContext } from '../../../lib/tasks/index.js';
import { openWith } from './rig.js';

@Injectable()
class Senders {
  constructor(private readonly tasks: TaskClient) {}

  @Task({ name: 'senders.one' })
  one(..._given: unknown[]): number {
    return 1;
  }

  @Task({ name: 'senders.all' })
  async all(
    @Ctx() context: TaskContext,
  ): Promise<{ readonly sent: readonly ResultTuple[]; readonly ids: readonly string[] }> {
    const { one } = this.tasks.for(Senders);
    const sent = [
      await one.delay(),
      await this.tasks.apply(chain(one.s(), one.s())),
      await this.tasks.apply(group(one.s(), chain(one.s(), one.s()))),
      await this.tasks.apply(chord([one.s(), one.s()], one.s())),
      await this.tasks.apply(graph({ a: one.s(), b: { after: 'a', run: one.s() } })),
      await this.tasks.apply(group.from([one.s(), one.s()])),
    ];
    return { sent: sent.map((each) => each.toTuple()), ids: [...context.children] };
  }
}

describe('what a task has sent', () => {
  it('is a task, the first one of a chain, a group with its members, the header of a chord', async () => {
    const { client, settled } = await openWith([Senders]);

    const result = await client.for(Senders).all.delay();
    await settled();
    const { sent, ids } = await result.get();
    const meta = await result.meta();

    const [task, ofChain, ofGroup, ofChord, ofGraph, wide] = sent;
    const children = [task, ofChain?.[0][1], ofGroup, ofChord?.[0][1], ofGraph, wide];
    expect(meta?.children).toEqual(children);
    expect(ids).toEqual(children.map((child) => child?.[0][0]));
  });

  it('is collected with the members of groups', async () => {
    const { client, settled } = await openWith([Senders]);

    const result = await client.for(Senders).all.delay();
    await settled();
    const values: unknown[] = [];
    for await (const [, value] of result.collect()) values.push(value);

    expect(values.filter((value) => value === 1)).toHaveLength(11);
  });
});
