import { describe, expect, it } from 'vitest';
import { runnable, setupTracer } from './rig.js';

const none = runnable('none', () => 1);
const one = runnable('one', () => 1, { params: ['value'] });
const below = { lineage: { rootId: 'root', parentId: 'before' } };
const fix = 'or send it immutable, by si() or setImmutable(true)';

describe('a task that is called with more than it takes', () => {
  it('names its chord where it is the body of one', async () => {
    const { error } = await setupTracer([none]).run({ args: [[1, 2]], groupId: 'the-group', ...below });

    expect(error).toContain('none() takes 0 positional arguments but 1 was given: as the body of chord the-group');
    expect(error).toContain(fix);
  });

  it.each([
    ['a step', below],
    ['a callback, one of several', { ...below, groupId: 'g', groupIndex: 0 }],
  ])('says what it was called with where it is %s', async (_what, request) => {
    const { error } = await setupTracer([one]).run({ args: ['result', 5], ...request });

    expect(error).toContain('one() takes 1 positional argument but 2 were given: where it follows another task');
    expect(error).toContain(fix);
  });

  it.each([
    ['is sent by nobody', [1], {}],
    ['would not fit without the first either', [1, 2, 3], below],
  ])('says no more where it %s', async (_what, args, request) => {
    const { error } = await setupTracer([one]).run({ args: [...args, 9], ...request });

    expect(error).not.toContain('si()');
  });
});
