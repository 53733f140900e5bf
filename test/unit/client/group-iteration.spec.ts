import fc from 'fast-check';
import { toArray, firstValueFrom, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { failedTaskId, type MemberEnd } from '../../../lib/client/index.js';
import { ClientClosedError, ResultNotStoredError, ResultTimeoutError } from '../../../lib/errors/index.js';
import { groupResultTuple, taskResultTuple } from '../../../lib/protocol/index.js';
import { insideTask, turn } from './fakes.js';
import { ResultRig } from './result-rig.js';

const FAILED = { exc_type: 'KeyError', exc_message: ['a'], exc_module: 'builtins' };

/** What an iteration gives, as it comes. */
function gather(ends: AsyncIterable<MemberEnd>) {
  const seen: MemberEnd[] = [];
  const done = (async () => {
    for await (const end of ends) seen.push(end);
  })();
  done.catch(() => undefined);
  return { seen, done };
}

describe.each([
  ['of a backend that pushes', true],
  ['of a backend that is polled', false],
])('GroupResult.iterate() %s', (_name, push) => {
  it('gives members as they end, those that have ended already first', async () => {
    const rig = new ResultRig(push);
    await rig.backend.put('c', 'SUCCESS', 3);
    const { seen, done } = gather(rig.group(['a', 'b', 'c']).iterate());
    await rig.pass();
    await rig.backend.put('b', 'FAILURE', FAILED);
    await rig.pass();
    await rig.backend.put('a', 'SUCCESS', 1);
    await rig.pass();
    await done;

    expect(seen).toEqual([
      { index: 2, id: 'c', state: 'SUCCESS', value: 3 },
      { index: 1, id: 'b', state: 'FAILURE', error: expect.objectContaining({ excType: 'KeyError' }) },
      { index: 0, id: 'a', state: 'SUCCESS', value: 1 },
    ]);
  });

  it('gives a nested group with its last task, or the first that does not succeed', async () => {
    const rig = new ResultRig(push);
    const nested = (id: string) => groupResultTuple(id, [taskResultTuple(`${id}1`), taskResultTuple(`${id}2`)]);
    const { seen, done } = gather(rig.group([nested('a'), nested('b'), groupResultTuple('none', [])]).iterate());
    await rig.pass();
    await rig.backend.put('b2', 'REVOKED', null);
    await rig.backend.put('a2', 'SUCCESS', 2);
    await rig.pass();
    await rig.backend.put('b1', 'FAILURE', FAILED);
    await rig.backend.put('a1', 'SUCCESS', 1);
    await rig.pass();
    await done;

    expect(seen).toEqual([
      { index: 2, id: 'none', state: 'SUCCESS', value: [] },
      { index: 1, id: 'b', state: 'REVOKED', error: expect.any(Error) },
      { index: 0, id: 'a', state: 'SUCCESS', value: [1, 2] },
    ]);
    expect(failedTaskId(seen[1]?.error)).toBe('b2');
  });

  it('says when it took too long, after what had ended', async () => {
    const rig = new ResultRig(push);
    await rig.backend.put('a', 'SUCCESS', 1);
    const { seen, done } = gather(rig.group(['a', 'b']).iterate({ timeout: '10s' }));
    await rig.pass();
    await rig.clock.advance('10s');

    await expect(done).rejects.toThrow(ResultTimeoutError);
    await expect(done).rejects.toThrow('1 of the 2 tasks of group "g" did not finish within 10 s, such as "b".');
    expect(seen.map(({ id }) => id)).toEqual(['a']);
  });

  it('follows nobody any more when its loop is left', async () => {
    const rig = new ResultRig(push);
    await rig.backend.put('a', 'SUCCESS', 1);
    const ends = rig.group(['a', 'b']).iterate();
    const first = ends.next();
    await rig.pass();
    expect((await first).value).toMatchObject({ id: 'a' });
    await ends.return();

    expect([...rig.backend.watched]).toEqual([]);
    const before = rig.backend.fetches.length;
    await rig.clock.advance('1m');
    expect(rig.backend.fetches).toHaveLength(before);
  });
});

describe('GroupResult.iterate()', () => {
  it('gives any members in the order in which they end, each once', async () => {
    /** Sizes of nested groups, `undefined` for a task; then in which order tasks end, and which of them fail. */
    const cases = fc.array(fc.option(fc.nat(3), { nil: undefined }), { maxLength: 8 }).chain((sizes) => {
      const owners = sizes.flatMap((size, index) => Array.from({ length: size ?? 1 }, () => index));
      const places = owners.map((_, place) => place);
      return fc.record({
        sizes: fc.constant(sizes),
        owners: fc.constant(owners),
        order: fc.shuffledSubarray(places, { minLength: places.length }),
        failing: fc.subarray(places),
        early: fc.nat(places.length),
      });
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ sizes, owners, order, failing, early }) => {
        const rig = new ResultRig(true);
        const tasks = owners.map((owner, place) => ({ owner, tuple: taskResultTuple(`t${place}`) }));
        const members = sizes.map((size, index) => {
          const own = tasks.filter(({ owner }) => owner === index).map(({ tuple }) => tuple);
          return size === undefined ? (own[0] ?? taskResultTuple('')) : groupResultTuple(`g${index}`, own);
        });
        const end = (place: number) =>
          failing.includes(place)
            ? rig.backend.put(`t${place}`, 'FAILURE', FAILED)
            : rig.backend.put(`t${place}`, 'SUCCESS', place);
        // what has ended before is given in the order of the tasks
        const seen = [...order.slice(0, early)].sort((a, b) => a - b).concat(order.slice(early));
        const left = sizes.map((size) => size ?? 1);
        const expected = sizes.flatMap((size, index) => (size === 0 ? [`${index} SUCCESS`] : []));
        for (const place of seen) {
          const owner = owners[place] ?? 0;
          if ((left[owner] ?? 0) < 1) continue;
          left[owner] = failing.includes(place) ? 0 : (left[owner] ?? 0) - 1;
          if (left[owner] === 0) expected.push(`${owner} ${failing.includes(place) ? 'FAILURE' : 'SUCCESS'}`);
        }

        for (const place of order.slice(0, early)) await end(place);
        const { seen: given, done } = gather(rig.group(members).iterate());
        await rig.pass();
        for (const place of order.slice(early)) await end(place);
        await done;

        expect(given.map(({ index, state }) => `${index} ${state}`)).toEqual(expected);
      }),
    );
  });

  it('ends with the reason of its signal', async () => {
    const rig = new ResultRig(true);
    const aborting = new AbortController();
    const { done } = gather(rig.group(['a']).iterate({ signal: aborting.signal }));
    await rig.pass();
    aborting.abort(new Error('enough'));

    await expect(done).rejects.toThrow('enough');
  });

  it('ends when the client closes', async () => {
    const rig = new ResultRig(true);
    const { done } = gather(rig.group(['a']).iterate());
    await rig.pass();
    await rig.source.store.close();

    await expect(done).rejects.toThrow(ClientClosedError);
  });

  it('refuses options that it does not know, waiting inside of a task, and members without results', async () => {
    const rig = new ResultRig(true);

    await expect(
      rig
        .group(['a'])
        .iterate({ timeuot: 1 } as never)
        .next(),
    ).rejects.toThrow('timeuot');
    await expect(rig.group(['a'], null, new Set('a')).iterate().next()).rejects.toThrow(ResultNotStoredError);
    const { value } = insideTask(() => rig.group(['a']).iterate().next().catch(String));
    expect(await value).toContain('must not wait');
  });
});

describe('GroupResult.progress$', () => {
  const all = <T>(progress: Observable<T>): Promise<readonly T[]> => firstValueFrom(progress.pipe(toArray()));

  it('tells the present state, then what changes in one step, and completes', async () => {
    const rig = new ResultRig(true);
    const inner = groupResultTuple('n', [taskResultTuple('b'), taskResultTuple('c')]);
    await rig.backend.put('a', 'SUCCESS', 1);
    const told = all(rig.group(['a', inner, 'd']).progress$);
    await rig.pass();
    await rig.backend.put('b', 'STARTED');
    await rig.pass();
    await rig.backend.put('b', 'FAILURE', FAILED);
    await rig.backend.put('c', 'SUCCESS', 1);
    await rig.pass();
    await rig.backend.put('d', 'REVOKED', null);
    await rig.pass();

    expect(await told).toEqual([
      { total: 4, done: 1, failed: 0 },
      { total: 4, done: 3, failed: 1 },
      { total: 4, done: 4, failed: 2 },
    ]);
  });

  it('of what has ended is told once', async () => {
    const rig = new ResultRig(true);
    const ids = Array.from({ length: 2_500 }, (_, n) => `t${n}`);
    await Promise.all(ids.map((id) => rig.backend.put(id, 'SUCCESS', 1)));

    expect(await all(rig.group(ids).progress$)).toEqual([{ total: 2_500, done: 2_500, failed: 0 }]);
    expect(await all(rig.group([]).progress$)).toEqual([{ total: 0, done: 0, failed: 0 }]);
  });

  it('counts members that will never run, since what comes before them was revoked', async () => {
    const rig = new ResultRig(true);
    const told = all(rig.group(['b', 'c'], taskResultTuple('a')).progress$);
    await rig.backend.put('a', 'REVOKED', null);

    expect((await told).at(-1)).toEqual({ total: 2, done: 2, failed: 2 });
  });

  it('follows nobody after it was unsubscribed', async () => {
    const rig = new ResultRig(true);
    const told: unknown[] = [];
    const subscription = rig.group(['a', 'b']).progress$.subscribe((progress) => told.push(progress));
    await rig.pass();
    await rig.backend.put('a', 'SUCCESS', 1);
    subscription.unsubscribe();
    await turn();

    expect(told).toEqual([{ total: 2, done: 0, failed: 0 }]);
    expect([...rig.backend.watched]).toEqual([]);
  });

  it('errors where states of members are not kept', async () => {
    const rig = new ResultRig(true);

    await expect(all(rig.group(['a'], null, new Set('a')).progress$)).rejects.toThrow(ResultNotStoredError);
  });
});
