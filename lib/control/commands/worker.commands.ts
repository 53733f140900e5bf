import { release, type as systemName } from 'node:os';
import { ok, type ObeyedCommand } from '../command.interface.js';
import type { ControlledNode, Setting } from '../controlled-node.interface.js';
import { PythonError } from '../python-error.js';
import { isTrue, textsOf, wholeNumberOf } from './argument-values.js';
import { statsOf } from './worker-stats.js';

const MEGABYTE = 1024 * 1024;

/** Commands that look at the worker itself. @source celery/worker/control.py */
export function workerInspectCommands(): readonly ObeyedCommand[] {
  const samples: string[] = [];
  return [
    { name: 'ping', run: () => ok('pong') },
    { name: 'report', isStrict: true, run: (node) => ok(reportOf(node)) },
    { name: 'stats', run: (node) => statsOf(node) },
    { name: 'clock', run: (node) => ({ clock: node.clock() }) },
    { name: 'conf', alias: 'dump_conf', run: (node, { with_defaults: all }) => tableOf(node, isTrue(all)) },
    { name: 'active_queues', isStrict: true, run: (node) => node.queues().map(queueInfo) },
    {
      name: 'hello',
      required: ['from_node'],
      optional: ['revoked'],
      run(node, { from_node: from, revoked }) {
        if (from === node.hostname) return undefined;
        node.learnRevoked(idsOf(revoked));
        return { revoked: node.revoked(), clock: node.forwardClock() };
      },
    },
    {
      name: 'objgraph',
      run() {
        throw new PythonError('ImportError', 'Requires the objgraph library'); // a Python worker without it says the same
      },
    },
    {
      name: 'memsample',
      run() {
        const sample = sampleMemory();
        samples.push(sample);
        if (samples.length > MOST_SAMPLES) samples.shift();
        return sample;
      },
    },
    {
      name: 'memdump',
      run(_node, { samples: count }) {
        const most = wholeNumberOf('samples', count, 10);
        if (most < 1) throw new PythonError('ValueError', 'samples must be at least 1');
        const shown = everyNth(samples.splice(0), most).map((sample) => `-    > ${sample},\n`);
        return `${shown.length > 0 ? '- rss (sample):\n' : ''}${shown.join('')}- rss (end): ${sampleMemory()}.\n`;
      },
    },
  ];
}

const MOST_SAMPLES = 1_000;

/** As Python shows sizes: five digits that count. */
function sampleMemory(): string {
  return `${Number((process.memoryUsage.rss() / MEGABYTE).toPrecision(5))}MB`;
}

function everyNth<T>(items: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, items.length / count);
  return items.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step)).slice(0, count);
}

/** A list of ids, or a map by them, as older workers send. */
function idsOf(revoked: unknown): readonly string[] {
  const isMap = typeof revoked === 'object' && revoked !== null && !Array.isArray(revoked);
  return isMap ? Object.keys(revoked) : textsOf('revoked', revoked);
}

function tableOf(node: ControlledNode, all: boolean): Readonly<Record<string, unknown>> {
  const shown = node.settings().filter((setting) => all || !isDefault(setting));
  return Object.fromEntries(shown.map(({ name, value }) => [name, value ?? null]));
}

function isDefault({ value, fallback }: Setting): boolean {
  return JSON.stringify(value ?? null) === JSON.stringify(fallback ?? null);
}

/** @source celery/app/utils.py `bugreport` */
function reportOf(node: ControlledNode): string {
  const versions = Object.entries(node.versions()).map(([name, version]) => `${name}:${version}`);
  const table = tableOf(node, false);
  const settings = Object.entries(table).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [
    '',
    `software -> ${versions.join(' ')}`,
    `platform -> system:${systemName()} arch:${process.arch}`,
    `            kernel version:${release()} imp:Node.js`,
    `settings -> transport:${node.broker().transport} results:${String(table['result_backend'] ?? 'disabled')}`,
    '',
    ...settings,
    '',
  ].join('\n');
}

/** @source kombu/entity.py `Queue.as_dict` */
function queueInfo(name: string): Readonly<Record<string, unknown>> {
  return {
    name,
    exchange: {
      name,
      type: 'direct',
      arguments: null,
      durable: true,
      passive: false,
      auto_delete: false,
      delivery_mode: null,
      no_declare: false,
    },
    routing_key: name,
    queue_arguments: null,
    binding_arguments: null,
    consumer_arguments: null,
    durable: true,
    exclusive: false,
    auto_delete: false,
    no_ack: false,
    alias: null,
    bindings: [],
    no_declare: null,
    expires: null,
    message_ttl: null,
    max_length: null,
    max_length_bytes: null,
    max_priority: null,
  };
}
