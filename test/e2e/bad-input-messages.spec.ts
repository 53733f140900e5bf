import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  Ctx,
  MessageTooLargeError,
  SendManyError,
  Task,
  TaskContext,
  type TaskQueueModuleOptions,
} from 'nest-task-queue';
import { describe, expect, it } from 'vitest';
import { eventually } from './outcomes/eventually.js';
import { startInline } from './outcomes/inline-rig.js';
import { ran, runsOf } from './outcomes/ledger.js';
import { putMessage, putText } from './outcomes/raw-message.js';

const MEBI = 1024 * 1024;

@Injectable()
class Bodies {
  @Task({ name: 'well' })
  well(): string {
    return 'well';
  }

  @Task({ name: 'takes_two' })
  takesTwo(a: number, b: number, @Ctx() context: TaskContext): number {
    ran(context);
    return a + b;
  }

  @Task({ name: 'measures' })
  measures(text: string): number {
    return text.length;
  }

  @Task({ name: 'grows' })
  grows(how: 'retry' | 'link', @Ctx() context: TaskContext): string {
    const large = 'x'.repeat(10_000);
    return how === 'retry' ? context.retry({ args: [large] }) : large;
  }

  @Task({ name: 'returns_odd' })
  returnsOdd(kind: keyof typeof ODD_RESULTS, @Ctx() context: TaskContext): unknown {
    ran(context);
    return ODD_RESULTS[kind]();
  }

  @Task({ name: 'throws_odd' })
  throwsOdd(kind: keyof typeof ODD_THROWS): void {
    throw ODD_THROWS[kind]();
  }

  @Task({ name: 'throws_odd_to_dead', acksOnFailure: false })
  throwsOddToDead(kind: keyof typeof ODD_THROWS): void {
    throw ODD_THROWS[kind]();
  }
}

const ODD_RESULTS = {
  cyclic: () => {
    const node: Record<string, unknown> = { name: 'a' };
    node['self'] = { node };
    return node;
  },
  function: () => ({ list: [1, () => 1] }),
  symbol: () => Symbol('s'),
  toJSON: () => ({
    inner: {
      toJSON: () => {
        throw new Error('toJSON threw');
      },
    },
  }),
  getter: () => ({
    get bad(): never {
      throw new Error('getter threw');
    },
  }),
  rejects: () => Promise.resolve({ later: new Map([[{}, 1]]) }),
  deep: () => {
    let value: unknown = 1;
    for (let i = 0; i < 100_000; i++) value = [value];
    return value;
  },
};

const ODD_THROWS = {
  text: () => 'just a text',
  nothing: () => undefined,
  null: () => null,
  number: () => 42,
  plain: () => ({ code: 7 }),
  cyclic: () => ODD_RESULTS.cyclic(),
  hostile: () =>
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('do not touch');
        },
        getPrototypeOf: () => {
          throw new Error('do not touch');
        },
      },
    ),
  badMessage: () => Object.assign(new Error('x'), { message: { not: 'a text' } }),
  badStack: () =>
    Object.defineProperty(new Error('x'), 'stack', {
      get: () => {
        throw new Error('no stack');
      },
    }),
  sealedReply: () => Object.freeze(new Error('frozen')),
};

async function setup(module: TaskQueueModuleOptions = {}) {
  const rig = await startInline([Bodies], { module });
  const tasks = rig.client.for(Bodies);
  return {
    ...rig,
    tasks,
    /** Waits for the one dead letter, after which the worker still works. */
    deadLetter: async () => {
      const letter = await eventually('a dead letter', async () => (await rig.client.deadLetters.list('celery'))[0]);
      expect(await (await tasks.well.delay()).get(soon)).toBe('well');
      await rig.quiet();
      return letter;
    },
    /** Waits for the failure of a task, after which the worker still works. */
    failure: async (id: string) => {
      const error = await rig.client.result(id).get({ propagate: false, ...soon });
      expect(await (await tasks.well.delay()).get(soon)).toBe('well');
      await rig.quiet();
      return error as Error;
    },
  };
}

const soon = { timeout: '10s' } as const;
const undecodable = (text: string | RegExp) => ({
  reason: 'undecodable',
  error: (typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text)) as string,
});

describe('an envelope that is broken', () => {
  it.each([
    ['no JSON', '{"body": "W10', /JSON/],
    ['nothing', '', /JSON/],
    ['a list', '[]', /object/],
    ['without headers', '{"body": "", "properties": {}}', /headers/],
    ['without a body', '{"headers": {}, "properties": {}}', /body/],
    ['headers that are none', '{"headers": [1], "body": "", "properties": {}}', /headers/],
    ['properties that are none', '{"headers": {"task": "well", "id": "x"}, "body": "", "properties": 7}', /properties/],
    ['binary', '\u0000\u0001\ufffd', /JSON/],
    ['a poisoned prototype', '{"__proto__": {"headers": {}}, "body": ""}', /headers/],
  ])('is dead-lettered with the reason: %s', async (_, text, reason) => {
    const { store, deadLetter } = await setup();

    putText(store, text);

    expect(await deadLetter()).toMatchObject(undecodable(reason));
  });

  it('keeps what it was in its dead letter', async () => {
    const { store, deadLetter } = await setup();

    putText(store, '{"body": "W10');
    const { message } = await deadLetter();

    expect(Buffer.from(message.body as Uint8Array).toString()).toBe('{"body": "W10');
  });
});

describe('headers that are missing or unusable', () => {
  const body = '[[], {}, {}]';

  it.each([
    ['the task', { id: 'x' }, /task/],
    ['the id', { task: 'well', lang: 'js', retries: 0 }, /id/],
    ['a task that is no text', { task: 7, id: 'x', retries: 0 }, /task/],
    ['an eta that is no date', { task: 'well', id: 'x', eta: 'tomorrow', retries: 0 }, /eta/],
    ['an expiry that is no date', { task: 'well', id: 'x', expires: {}, retries: 0 }, /expires/],
    ['retries that are no number', { task: 'well', id: 'x', retries: 'many' }, /retries/],
    ['limits that are none', { task: 'well', id: 'x', timelimit: ['a', 'b'], retries: 0 }, /timelimit/],
  ])('dead-letter their message, naming them: %s', async (_, headers, reason) => {
    const { store, deadLetter } = await setup();

    putMessage(store, { headers, body });

    expect(await deadLetter()).toMatchObject(undecodable(reason));
  });
});

describe('a body that is unusable', () => {
  const headers = () => ({ task: 'takes_two', id: randomUUID(), lang: 'py', retries: 0 });

  it.each([
    ['no JSON', '[[1, 2], {', /JSON/],
    ['empty', '', /JSON/],
    ['no list', '7', /body/],
    ['arguments that are no list', '[7, {}, {}]', /args/],
    ['keyword arguments that are no map', '[[], 7, {}]', /kwargs/],
    ['deeper than it may be', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /nest|deep/i],
  ])('dead-letters its message, with the reason: %s', async (_, body, reason) => {
    const { store, deadLetter } = await setup();

    putMessage(store, { headers: headers(), body });

    expect(await deadLetter()).toMatchObject(undecodable(reason));
  });

  it.each(['application/x-python-serialize', 'application/x-yaml', 'application/x-never-heard-of'])(
    'dead-letters its message: content type %s is not accepted',
    async (contentType) => {
      const { store, deadLetter } = await setup();

      putMessage(store, { headers: headers(), body: '[[1, 2], {}, {}]', contentType });

      expect(await deadLetter()).toMatchObject(undecodable(contentType));
    },
  );

  it('dead-letters its message: it is said to be compressed and is not', async () => {
    const { store, deadLetter } = await setup();

    putMessage(store, { headers: { ...headers(), compression: 'application/x-gzip' }, body: '[[1, 2], {}, {}]' });

    expect(await deadLetter()).toMatchObject({ reason: 'undecodable' });
  });
});

describe('10 MiB', () => {
  it('are carried as an argument', async () => {
    const { tasks } = await setup();

    const result = await tasks.measures.delay('x'.repeat(10 * MEBI));

    expect(await result.get(soon)).toBe(10 * MEBI);
  });
});

describe('more than a message may take', () => {
  const small = { serialization: { maxMessageBytes: 10_000 } } as const;
  const large = 'x'.repeat(10_000);

  it('is refused before anything is sent', async () => {
    const { client, tasks } = await setup(small);

    await expect(tasks.measures.delay(large)).rejects.toThrow(MessageTooLargeError);
    await expect(client.send('measures', [large])).rejects.toThrow(
      /^The message of task "measures" takes \d+ bytes, more than the 10000 of "serialization.maxMessageBytes"/,
    );
    expect(await client.queues.stats('celery')).toMatchObject({ waiting: 0, held: 0, dead: 0 });
  });

  it('is skipped by sendMany, which tells of it', async () => {
    const { client, tasks } = await setup(small);
    const { measures } = tasks;

    const error: unknown = await client
      .sendMany([measures.s('a'), measures.s(large), measures.s('b')])
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(SendManyError);
    expect(error).toMatchObject({
      sentCount: 2,
      failures: [{ index: 1, error: expect.any(MessageTooLargeError) as Error }],
    });
  });

  it('is dead-lettered unread where somebody else sent it', async () => {
    const { store, deadLetter } = await setup(small);
    const id = randomUUID();

    putMessage(store, {
      headers: { task: 'takes_two', id, lang: 'py', retries: 0 },
      body: `[[1, "${large}"], {}, {}]`,
    });

    expect(await deadLetter()).toMatchObject(undecodable(/^A message takes 101\d\d bytes, more than the 10000 of/));
    expect(runsOf(id)).toBe(0);
  });

  it('fails a task whose retry or next step would take more', async () => {
    const { tasks, failure } = await setup(small);

    const { id } = await tasks.grows.delay('retry');
    expect((await failure(id)).message).toContain('The message of task "grows" takes');
    const linked = await tasks.grows.applyAsync(['link'], { link: tasks.measures.s() });
    expect((await failure(linked.id)).message).toContain('The message of task "measures" takes');
  });
});

describe('arguments that do not fit', () => {
  it('are refused before anything is sent', async () => {
    const { client, tasks } = await setup();
    const three = [1, 2, 3] as unknown as [number, number];

    await expect(client.send('takes_two', [1])).rejects.toThrow('missing 1 required argument: "b"');
    await expect(client.send('takes_two', [1], { kwargs: { c: 2 } })).rejects.toThrow(
      'unexpected keyword argument "c"',
    );
    await expect(tasks.takesTwo.delay(...three)).rejects.toThrow('takes 2 positional arguments but 3 were given');
    expect(await client.queues.stats('celery')).toMatchObject({ waiting: 0, held: 0 });
  });

  it.each([
    ['too few', '[[1], {}, {}]'],
    ['too many', '[[1, 2, 3], {}, {}]'],
    ['an unknown name', '[[1], {"c": 2}, {}]'],
    ['one given twice', '[[1, 2], {"a": 2}, {}]'],
  ])('fail the task that somebody else sent, with a TypeError: %s', async (_, body) => {
    const { store, failure } = await setup();
    const id = randomUUID();

    putMessage(store, { headers: { task: 'takes_two', id, lang: 'py', retries: 0 }, body });
    const error = await failure(id);

    expect(error).toMatchObject({ message: expect.stringContaining('takes_two') as string });
    expect(runsOf(id)).toBe(0);
  });
});

describe('a result that cannot be written', () => {
  it.each(Object.keys(ODD_RESULTS) as (keyof typeof ODD_RESULTS)[])('fails its task: %s', async (kind) => {
    const { tasks, failure } = await setup();

    const { id } = await tasks.returnsOdd.delay(kind);
    const error = await failure(id);

    expect(error).toBeInstanceOf(Error);
    expect(error.message.length).toBeGreaterThan(10);
    expect(runsOf(id)).toBe(1);
  });

  it('names the place of what is wrong', async () => {
    const { tasks, failure } = await setup();

    const { id } = await tasks.returnsOdd.delay('function');

    expect((await failure(id)).message).toContain('list[1]');
  });

  it('says what toJSON threw', async () => {
    const { tasks, failure } = await setup();

    const { id } = await tasks.returnsOdd.delay('toJSON');

    expect((await failure(id)).message).toContain('toJSON threw');
  });
});

describe('what is thrown and is no proper error', () => {
  it.each(Object.keys(ODD_THROWS) as (keyof typeof ODD_THROWS)[])('fails its task: %s', async (kind) => {
    const { tasks, failure } = await setup();

    const { id } = await tasks.throwsOdd.delay(kind);

    expect(await failure(id)).toBeInstanceOf(Error);
  });

  it.each(Object.keys(ODD_THROWS) as (keyof typeof ODD_THROWS)[])(
    'dead-letters its task where failures are: %s',
    async (kind) => {
      const { tasks, deadLetter } = await setup();

      await tasks.throwsOddToDead.delay(kind);

      expect(await deadLetter()).toMatchObject({ reason: 'rejected' });
    },
  );

  it('is told as far as it can be', async () => {
    const { tasks, failure } = await setup();

    const { id } = await tasks.throwsOdd.delay('text');

    expect((await failure(id)).message).toContain('just a text');
  });
});
