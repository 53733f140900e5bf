import { describe, expect, it, vi } from 'vitest';
import { AsyncResult, failedTaskId, GroupResult, resultOf } from '../../../lib/client/index.js';
import { ResultNotStoredError, ResultTimeoutError, WaitInsideTaskError } from '../../../lib/errors/index.js';
import { groupResultTuple, taskResultTuple } from '../../../lib/protocol/index.js';
import { insideTask } from './fakes.js';
import { ResultRig } from './result-rig.js';

const FAILED = { exc_type: 'KeyError', exc_message: ['a'], exc_module: 'builtins' };
const a = taskResultTuple('a');
const b = taskResultTuple('b');
const c = taskResultTuple('c');

describe.each([
  ['of a backend that pushes', true],
  ['of a backend that is polled', false],
])('GroupResult.get() %s', (_name, push) => {
  it('gives the values in the order of the members, whatever order they came in', async () => {
    const rig = new ResultRig(push);
    const waiting = rig.group<[string, number]>([a, 'b']).get();
    await rig.backend.put('b', 'SUCCESS', 2);
    await rig.pass();
    await rig.backend.put('a', 'SUCCESS', 'one');
    await rig.pass();

    expect(await waiting).toEqual(['one', 2]);
  });

  it('gives a list for each nested group', async () => {
    const rig = new ResultRig(push);
    const inner = groupResultTuple('inner', [b, groupResultTuple('none', []), c]);
    for (const id of ['a', 'b', 'c', 'd']) await rig.backend.put(id, 'SUCCESS', id);
    const waiting = rig.group([a, inner, 'd']).get();
    await rig.pass();

    expect(await waiting).toEqual(['a', ['b', [], 'c'], 'd']);
  });

  it('gives the value of a task that is a member twice in both places', async () => {
    const rig = new ResultRig(push);
    await rig.backend.put('a', 'SUCCESS', 1);
    const waiting = rig.group(['a', 'a']).get();
    await rig.pass();

    expect(await waiting).toEqual([1, 1]);
  });

  it('throws what the first member to fail threw, while others still run', async () => {
    const rig = new ResultRig(push);
    const waiting = rig
      .group(['a', 'b'])
      .get()
      .catch((error: unknown) => error);
    await rig.backend.put('b', 'FAILURE', FAILED);
    await rig.pass();

    const error = await waiting;
    expect(error).toMatchObject({ excType: 'KeyError' });
    expect(failedTaskId(error)).toBe('b');
  });

  it('gives errors in their places where they are not thrown', async () => {
    const rig = new ResultRig(push);
    await rig.backend.put('a', 'SUCCESS', 1);
    await rig.backend.put('b', 'FAILURE', FAILED);
    const waiting = rig.group<[number, number]>(['a', 'b']).get({ propagate: false });
    await rig.pass();

    expect(await waiting).toEqual([1, expect.objectContaining({ excType: 'KeyError' })]);
  });

  it('ends with the error of a task before the group, without which no member ever runs', async () => {
    const rig = new ResultRig(push);
    const group = rig.group(['b', 'c'], a);
    const waiting = group.get().catch((error: unknown) => error);
    const patient = group.get({ followParents: false, timeout: '1h' }).catch((error: unknown) => error);
    await rig.backend.put('a', 'REVOKED', null);
    await rig.pass();

    expect(failedTaskId(await waiting)).toBe('a');
    await rig.clock.advance('2h');
    expect(await patient).toBeInstanceOf(ResultTimeoutError);
  });

  it('counts an earlier step of a chain in the group for its member alone', async () => {
    const rig = new ResultRig(push);
    const waiting = rig.group([taskResultTuple('b', a), 'c']).get({ propagate: false });
    await rig.backend.put('a', 'REVOKED', null);
    await rig.backend.put('c', 'SUCCESS', 3);
    await rig.pass();

    expect(await waiting).toEqual([expect.any(Error), 3]);
  });

  it('names a member that did not end in time, and how many did', async () => {
    const rig = new ResultRig(push);
    await rig.backend.put('a', 'SUCCESS', 1);
    await rig.backend.put('b', 'PROGRESS', 1);
    const waiting = rig
      .group(['a', 'b', 'c'])
      .get({ timeout: '5s' })
      .catch((error: unknown) => error);
    await rig.pass();
    await rig.clock.advance('5s');

    const error = await waiting;
    expect(error).toBeInstanceOf(ResultTimeoutError);
    expect((error as Error).message).toBe('2 of the 3 tasks of group "g" did not finish within 5 s, such as "b".');
  });

  it('follows nobody any more when it has ended', async () => {
    const rig = new ResultRig(push);
    const aborting = new AbortController();
    const waiting = rig
      .group(['a', 'b'])
      .get({ signal: aborting.signal })
      .catch((error: unknown) => error);
    await rig.pass();
    aborting.abort(new Error('enough'));

    expect(await waiting).toMatchObject({ message: 'enough' });
    expect([...rig.backend.watched]).toEqual([]);
    const before = rig.backend.fetches.length;
    await rig.clock.advance('1m');
    expect(rig.backend.fetches).toHaveLength(before);
  });
});

describe('GroupResult', () => {
  it('of no members is ready and successful, and gives none', async () => {
    const group = new ResultRig(true).group([]);

    expect(await group.get()).toEqual([]);
    expect([await group.ready(), await group.successful(), await group.failed(), await group.waiting()]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('tells what states its members are in', async () => {
    const rig = new ResultRig(true);
    const group = rig.group(['a', groupResultTuple('n', [b, c])]);
    const states = async () => ({
      ready: await group.ready(),
      successful: await group.successful(),
      failed: await group.failed(),
      waiting: await group.waiting(),
      completed: await group.completedCount(),
    });
    expect(await states()).toEqual({ ready: false, successful: false, failed: false, waiting: true, completed: 0 });

    await rig.backend.put('a', 'SUCCESS', 1);
    await rig.backend.put('b', 'FAILURE', FAILED);
    expect(await states()).toEqual({ ready: false, successful: false, failed: true, waiting: true, completed: 1 });

    await rig.backend.put('c', 'REVOKED', null);
    expect(await states()).toEqual({ ready: true, successful: false, failed: true, waiting: false, completed: 1 });
  });

  it('reads the states of many in pages', async () => {
    const rig = new ResultRig(true);
    const ids = Array.from({ length: 2_500 }, (_, n) => `t${n}`);
    await Promise.all(ids.map((id) => rig.backend.put(id, 'SUCCESS', 1)));

    expect(await rig.group(ids).completedCount()).toBe(2_500);
    expect(rig.backend.fetches.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
  });

  it('watches none of many that have ended', async () => {
    const rig = new ResultRig(true);
    const ids = Array.from({ length: 2_500 }, (_, n) => `t${n}`);
    await Promise.all(ids.slice(1).map((id) => rig.backend.put(id, 'SUCCESS', 1)));
    const watched = vi.spyOn(rig.backend.watched, 'add');
    const waiting = rig.group(ids).get();
    await rig.pass();
    await rig.backend.put('t0', 'SUCCESS', 0);

    expect((await waiting).slice(0, 2)).toEqual([0, 1]);
    expect(watched.mock.calls).toEqual([['t0']]);
  });

  it('has members that know what comes before them', async () => {
    const rig = new ResultRig(true);
    const group = rig.group<[number, readonly number[]]>([
      taskResultTuple('b', a),
      groupResultTuple('n', [c], taskResultTuple('d')),
    ]);

    expect(group.length).toBe(2);
    const [first, second] = group.results;
    expect(first).toBeInstanceOf(AsyncResult);
    expect(first.parent?.id).toBe('a');
    expect(second).toBeInstanceOf(GroupResult);
    expect(second.parent).toMatchObject({ id: 'd' });
    expect((await second.children()).map(({ id }) => id)).toEqual(['c']);
    expect([...group].map(({ id }) => id)).toEqual(['b', 'n']);
    expect(group.at(2)).toBeUndefined();
  });

  it('revokes its members and what comes before them in the group, but not what comes before the group', async () => {
    const rig = new ResultRig(true);
    const first = taskResultTuple('first');
    const step = taskResultTuple('step', first);
    await rig.group([taskResultTuple('b', step), groupResultTuple('n', [c]), 'd'], first).revoke();

    expect(rig.revoked.map((ids) => [...ids].sort())).toEqual([['b', 'c', 'd', 'step']]);
  });

  it('revokes many by its id, which their messages bear, but for chains', async () => {
    const rig = new ResultRig(true);
    const many = Array.from({ length: 2_001 }, (_, n) => `t${n}`);
    await rig.group([...many, taskResultTuple('b', a)]).revoke();

    expect(rig.revoked.map((ids) => [...ids].sort())).toEqual([['a', 'b', 'workflow:g']]);
  });

  it('forgets its members and all before them', async () => {
    const rig = new ResultRig(true);
    for (const id of ['a', 'b', 'c', 'other']) await rig.backend.put(id, 'SUCCESS', 1);
    await rig.group(['b', groupResultTuple('n', [c])], a).forget();

    expect([...rig.backend.stored.keys()]).toEqual(['other']);
  });

  it('is refused inside of a task', async () => {
    const group = new ResultRig(true).group(['a']);
    const { value } = insideTask(() => group.get().catch((error: unknown) => error));

    expect(await value).toBeInstanceOf(WaitInsideTaskError);
    expect((await value) as Error).toHaveProperty('message', expect.stringContaining('result of group "g"'));
  });

  it('says which member has no result', async () => {
    const rig = new ResultRig(true);
    const group = rig.group(['a', taskResultTuple('b', c)], null, new Set(['b', 'c']));

    await expect(group.get()).rejects.toThrow(ResultNotStoredError);
    await expect(group.get()).rejects.toThrow('"b"');
    await expect(group.at(1)?.get()).rejects.toThrow(ResultNotStoredError);
    await expect(group.at(1)?.parent?.get()).rejects.toThrow(ResultNotStoredError);
  });

  it('is text that names it and its members', () => {
    const group = new ResultRig(true).group(['a', groupResultTuple('n', [b])], c);

    expect(JSON.parse(JSON.stringify(group))).toEqual({
      id: 'g',
      children: [{ id: 'a' }, { id: 'n', children: [{ id: 'b' }] }],
    });
    expect(group.toTuple()).toEqual([
      ['g', c],
      [a, groupResultTuple('n', [b])],
    ]);
  });
});

describe('AsyncResult in a workflow', () => {
  it('has the parents that its tuple names, through groups', () => {
    const { source } = new ResultRig(true);
    const header = groupResultTuple('h', [b, c], a);
    const body = resultOf(taskResultTuple('body', header), source);

    expect(body).toBeInstanceOf(AsyncResult);
    expect(body.parent).toBeInstanceOf(GroupResult);
    expect(body.parent?.parent?.id).toBe('a');
    expect(body.parent?.parent?.parent).toBeUndefined();
    expect(body.toTuple()).toEqual(taskResultTuple('body', header));
  });

  it('ends with the error of a step before it', async () => {
    const rig = new ResultRig(true);
    const last = resultOf(taskResultTuple('c', taskResultTuple('b', a)), rig.source);
    const waiting = last.get().catch((error: unknown) => error);
    await rig.pass();
    await rig.backend.put('a', 'REVOKED', null);
    await rig.pass();

    expect(failedTaskId(await waiting)).toBe('a');
  });

  it('has groups among its children', async () => {
    const rig = new ResultRig(true);
    await rig.backend.put('a', 'SUCCESS', 1, { children: [groupResultTuple('n', [b]), c] });

    const children = await (resultOf(a, rig.source) as AsyncResult).children();
    expect(children[0]).toBeInstanceOf(GroupResult);
    expect(children[1]).toBeInstanceOf(AsyncResult);
  });

  it('forgets the steps before it', async () => {
    const rig = new ResultRig(true);
    for (const id of ['a', 'b', 'c']) await rig.backend.put(id, 'SUCCESS', 1);
    await resultOf(taskResultTuple('b', a), rig.source).forget();

    expect([...rig.backend.stored.keys()]).toEqual(['c']);
  });
});
