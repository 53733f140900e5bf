import { describe, expect, it } from 'vitest';
import { chain, chord, group, signature, starmap } from '../../../../lib/canvas/index.js';
import { bodyOf, define, setupClient } from '../fakes.js';

const definitions = [
  define('none'),
  define('one', { params: ['value'] }),
  define('late', { params: ['value', 'more?'] }),
  define('any', { params: [{ kind: 'rest', name: 'values' }] }),
  define('context', { params: [{ kind: 'context' }] }),
  define('named', { params: [{ kind: 'kwargs' }] }),
];
const none = signature('none');
const one = signature('one', [1]);
const any = signature('any');
const elsewhere = signature('elsewhere');
const fix = 'give its method a parameter for it, or call it without, by si() or setImmutable(true)';

function apply(workflow: unknown) {
  const { client, broker } = setupClient({ definitions });
  return { sending: client.apply(workflow as typeof one), broker };
}

describe('a workflow with a task that takes no more arguments', () => {
  it.each([
    ['body', chord([one, one], none), 'none() takes 0 positional arguments but 1 was given: as the body of a chord'],
    ['body with a context', chord([one], signature('context')), 'context() takes 0 positional arguments'],
    ['body with keywords', chord([one], signature('named')), 'named() takes 0 positional arguments'],
    ['body, called', chord([one], signature('one', [5])), 'one() takes 1 positional argument but 2 were given'],
    [
      'body by name',
      chord([one], signature('one', [], { kwargs: { value: 1 } })),
      'multiple values for argument "value"',
    ],
    ['first of a body', chord([one], chain(none, any)), 'as the body of a chord'],
    ['one of a body', chord([one], group(any, none)), 'as the body of a chord'],
    ['step', chain(one, any, none, any), 'none() takes 0 positional arguments but 1 was given: as step 3 of a chain'],
    ['member after a step', chain(one, group(any, none)), 'as step 2 of a chain'],
    ['header after a step', chain(one, chord([none], any)), 'as step 2 of a chain'],
    ['step in a header', chord([chain(one, none)], any), 'as step 2 of a chain'],
    ['callback', chain(one, any.link(none)), 'as a callback of "any"'],
    ['step of a callback', one.link(chain(any, none)), 'as step 2 of a chain'],
    ['error callback', group(one, any.linkError(none)), 'as an error callback of "any"'],
    ['error callback of a header', chord([one], any).onMemberError(none), 'as an error callback of "one"'],
  ])('is refused where it is a %s', async (_where, workflow, problem) => {
    const { sending, broker } = apply(workflow);

    const error = await sending.then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );

    expect(error).toMatchObject({ code: 'TQ_TASK_ARGUMENTS' });
    expect(error?.message).toContain(problem);
    expect(error?.message).toContain(fix);
    expect(broker.messages).toEqual([]);
  });

  it.each([
    ['immutable', chain(one, none.setImmutable(true), chord([none.setImmutable(true)], none.setImmutable(true)))],
    ['first', chain(none, any)],
    ['in a group', group(none, chain(none, any))],
    ['followed by what takes it or may', chain(one, signature('one'), signature('late', [2]), any)],
    ['called by a mapping one', chain(one, starmap(none, [[]]))],
    ['of somebody else', chain(one, elsewhere, chord([elsewhere], elsewhere))],
  ])('is sent where it is %s', async (_where, workflow) => {
    const { sending, broker } = apply(workflow);

    await sending;

    expect(broker.messages.length).toBeGreaterThan(0);
  });
});

describe('a wide workflow with a task that takes no more arguments', () => {
  it('is refused for its body', async () => {
    const { sending, broker } = apply(chord(group.from([one]), none));

    await expect(sending).rejects.toThrow('as the body of a chord');
    expect(broker.messages).toEqual([]);
  });

  it('is refused for a step of a member', async () => {
    const { sending } = apply(group.from([one, chain(one, none)]));

    await expect(sending).rejects.toThrow('as step 2 of a chain');
  });
});

describe('links of a call', () => {
  it.each(['link', 'linkError'] as const)('are refused as %s where they take no argument', async (option) => {
    const { client, broker } = setupClient({ definitions });

    await expect(client.send('one', [1], { [option]: none })).rejects.toThrow('none() takes 0 positional arguments');
    await expect(client.sendMany([one[option](none)])).rejects.toThrow('none() takes 0 positional arguments');
    expect(broker.messages).toEqual([]);
  });

  it('are sent where they take one', async () => {
    const { client, broker } = setupClient({ definitions });

    await client.send('one', [1], { link: signature('one'), linkError: [none.setImmutable(true), elsewhere] });

    expect(bodyOf(broker.messages[0])[2]['callbacks']).toHaveLength(1);
  });
});
