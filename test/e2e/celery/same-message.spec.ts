import { Decimal, signature, Uuid, WireDate, WireTime, type ApplyAsyncOptions } from 'nest-task-queue';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PythonSend } from '../../tools/python-driver.js';
import { describeWithServer } from '../../tools/servers.js';
import { CeleryRig, type Envelope } from './celery-rig.js';

describeWithServer('redis', 'the message of one call, sent by Python and by Nest into a queue', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeMessages(python, comparable));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeMessages(python, comparableToOld));
});

interface Call {
  readonly name: string;
  readonly python: Omit<PythonSend, 'name'>;
  readonly nest: readonly [args: readonly unknown[], options?: ApplyAsyncOptions];
  /** Whether Celery 5.2 can send it. */
  readonly isFor52?: boolean;
}

const eta = '2099-01-02T03:04:05.678000+00:00';
const link = { name: 'proj.linked', args: [10], kwargs: { k: 1 } };
const linked = signature('proj.linked', [10], { kwargs: { k: 1 } });

const calls: readonly Call[] = [
  { name: 'args', python: { args: [2, 3] }, nest: [[2, 3]] },
  { name: 'nothing', python: {}, nest: [[]] },
  {
    name: 'args and kwargs',
    python: { args: ['a', null, true, [1.5, { b: [] }]], kwargs: { x: 1, y: 'z' } },
    nest: [['a', null, true, [1.5, { b: [] }]], { kwargs: { x: 1, y: 'z' } }],
  },
  {
    name: 'unicode and escapes',
    // Without a representation of ours: Celery's has bare control characters, which forge lines of a log.
    python: {
      args: ['Zoë 世界 😀 \u2028"\\\n\t\u007f\u0000'],
      kwargs: { é: "it's" },
      options: { argsrepr: '…', kwargsrepr: '…' },
    },
    nest: [['Zoë 世界 😀 \u2028"\\\n\t\u007f\u0000'], { kwargs: { é: "it's" }, argsrepr: '…', kwargsrepr: '…' }],
  },
  {
    name: 'numbers',
    python: { args: [{ $type: 'int', value: String(2n ** 70n) }, 1e21, 1e-7, 0.1, -0.5] },
    nest: [[2n ** 70n, 1e21, 1e-7, 0.1, -0.5]],
  },
  {
    name: 'values that JSON does not have',
    isFor52: false,
    python: {
      args: [
        { $type: 'datetime', value: eta },
        { $type: 'date', value: '2026-01-02' },
        { $type: 'time', value: '03:04:05' },
        { $type: 'decimal', value: '12.340' },
        { $type: 'uuid', value: '12345678-1234-5678-1234-567812345678' },
        { $type: 'bytes', value: 'dGV4dA==' },
        { $type: 'bytes', value: 'AP8B' },
      ],
    },
    nest: [
      [
        new Date(eta),
        WireDate.fromIso('2026-01-02'),
        WireTime.fromIso('03:04:05'),
        new Decimal('12.340'),
        new Uuid('12345678-1234-5678-1234-567812345678'),
        new TextEncoder().encode('text'),
        Uint8Array.from([0, 255, 1]),
      ],
    ],
  },
  { name: 'countdown', python: { options: { countdown: 10 } }, nest: [[], { countdown: '10s' }] },
  {
    name: 'eta',
    python: { options: { eta: { $type: 'datetime', value: eta } } },
    nest: [[], { eta: new Date(eta) }],
  },
  { name: 'expires', python: { options: { expires: 60 } }, nest: [[], { expires: '1m' }] },
  ...[0, 2, 4, 9].map((wire) => ({
    name: `priority ${wire} of Redis`,
    python: { options: { priority: wire } },
    nest: [[], { priority: 9 - wire }] as const,
  })),
  {
    name: 'limits, headers, shadow and representations',
    python: {
      options: {
        ...{ time_limit: 30, soft_time_limit: 20.5, ignore_result: true, shadow: 'shown' },
        ...{ headers: { tenant: 'é', list: [1] }, argsrepr: '(*)', kwargsrepr: '{*}' },
      },
    },
    nest: [
      [],
      {
        ...{ timeLimit: '30s', softTimeLimit: 20_500, ignoreResult: true, shadow: 'shown' },
        ...{ headers: { tenant: 'é', list: [1] }, argsrepr: '(*)', kwargsrepr: '{*}' },
      },
    ],
  },
  {
    name: 'link and link_error',
    python: {
      args: [1],
      link: [link],
      link_error: [{ ...link, options: { queue: 'other', countdown: 3 }, immutable: true }],
    },
    nest: [
      [1],
      {
        link: linked,
        linkError: signature('proj.linked', [10], {
          kwargs: { k: 1 },
          immutable: true,
          options: { queue: 'other', countdown: '3s' },
        }),
      },
    ],
  },
];

function describeMessages(python: string, compare: (envelope: Envelope) => object): void {
  let rig: CeleryRig;

  beforeAll(async () => {
    rig = await CeleryRig.open({ python });
  });
  afterAll(() => rig?.close());

  it.each(calls.filter((call) => compare === comparable || call.isFor52 !== false))(
    'is the same, field for field and in the same order: $name',
    async ({ python: py, nest: [args, options] }) => {
      const taskId = 'one-id';
      await rig.redis.flushall();
      await rig.python.send({ name: 'proj.task', ...py, options: { queue: 'silent', task_id: taskId, ...py.options } });
      const [python, pythonKeys] = await take();
      await rig.nest.send('proj.task', args, { queue: 'silent', taskId, ...options });
      const [nest, nestKeys] = await take();

      expect(compare(nest)).toEqual(compare(python));
      if (compare === comparable) expect(orderOf(nest)).toEqual(orderOf(python));
      expect(JSON.parse(bodyOf(nest))).toEqual(JSON.parse(bodyOf(python)));
      expect(nestKeys).toEqual(pythonKeys);
    },
  );

  /** The only message there is, and the list it lay in, which is emptied. */
  async function take(): Promise<readonly [Envelope, readonly string[]]> {
    const lists: Envelope[] = [];
    const keys: string[] = [];
    for (const key of await rig.redis.keys('*')) {
      if ((await rig.redis.type(key)) !== 'list') continue;
      keys.push(key);
      lists.push(...(await rig.envelopes(key)));
    }
    await rig.redis.flushall();
    expect(lists).toHaveLength(1);
    return [lists[0] as Envelope, keys];
  }
}

const bodyOf = ({ body }: Envelope): string => Buffer.from(body, 'base64').toString();

const orderOf = ({ headers, properties, ...envelope }: Envelope): unknown => ({
  envelope: Object.keys(envelope),
  headers: Object.keys(headers),
  properties: Object.keys(properties).filter((name) => !/repr$|^timestamp$/.test(name)),
});

/** Without what differs from one message to the next, and with times as far as they agree. */
function comparable(envelope: Envelope): { readonly [field: string]: unknown; readonly headers: object } {
  const { headers } = envelope;
  // What `apply_async` does not know lands in Celery's properties as well, and so these two do.
  // And Nest says when a message was sent, as a property that AMQP has for it.
  const { argsrepr: _args, kwargsrepr: _kwargs, timestamp: _sent, ...properties } = envelope.properties;
  const { eta: etaText, expires, origin } = headers;
  const near = (date: unknown): unknown =>
    typeof date === 'string' && !date.startsWith('2099') ? Math.round((Date.parse(date) - Date.now()) / 2_000) : date;
  expect(origin).toMatch(/^gen\d+@\S+$/);
  expect(properties['delivery_tag']).toMatch(/^[0-9a-f-]{36}$/);
  expect(properties['reply_to']).toMatch(/^[0-9a-f-]{36}$/);
  return {
    ...envelope,
    body: undefined,
    headers: { ...headers, lang: undefined, origin: undefined, eta: near(etaText), expires: near(expires) },
    properties: { ...properties, delivery_tag: undefined, reply_to: undefined },
  };
}

/** Without what Celery 5.2 does not write, and with what it writes where nothing is said. */
function comparableToOld(envelope: Envelope): object {
  const { headers, ...others } = comparable(envelope);
  const later = ['replaced_task_nesting', 'stamped_headers', 'stamps'];
  const kept = Object.entries(headers).filter(([name]) => !later.includes(name));
  return {
    ...others,
    headers: { ...Object.fromEntries(kept), ignore_result: envelope.headers['ignore_result'] ?? false },
  };
}
