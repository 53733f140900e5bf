import { formatIso } from '../../time/index.js';
import type { CommandArguments, ObeyedCommand } from '../command.interface.js';
import type { TaskFacts, TaskInHand } from '../controlled-node.interface.js';
import { isTrue, textsOf } from './argument-values.js';
import { requestInfo } from './request-info.js';

const DEFAULT_ITEMS = ['exchange', 'routing_key', 'rate_limit'];
/** What Celery's timer gives an eta; for the tools that show it. */
const TIMER_PRIORITY = 6;

/** Commands that look at tasks. @source celery/worker/control.py */
export const taskInspectCommands: readonly ObeyedCommand[] = [
  {
    name: 'active',
    alias: 'dump_active',
    run: (node, { safe }) => infosOf(node.hostname, node.inHand(), 'active', isTrue(safe)),
  },
  {
    name: 'reserved',
    alias: 'dump_reserved',
    run: (node) => infosOf(node.hostname, node.inHand(), 'reserved', false),
  },
  {
    name: 'scheduled',
    alias: 'dump_schedule',
    async run(node) {
      const tasks = await node.toCome();
      return tasks.map((task) => ({
        eta: formatIso(task.etaMs),
        priority: TIMER_PRIORITY,
        request: requestInfo(node.hostname, task),
      }));
    },
  },
  { name: 'revoked', alias: 'dump_revoked', run: (node) => node.revoked() },
  {
    name: 'query_task',
    required: ['ids'],
    run(node, { ids }) {
      const wanted = new Set(textsOf('ids', ids));
      const found = [...node.inHand()].filter(({ head }) => wanted.has(head.id));
      return Object.fromEntries(found.map((task) => [task.head.id, [task.state, requestInfo(node.hostname, task)]]));
    },
  },
  {
    name: 'registered',
    alias: 'dump_tasks',
    run(node, { taskinfoitems, builtins }: CommandArguments) {
      const items = textsOf('taskinfoitems', taskinfoitems).filter((item) => !item.startsWith('_'));
      const wanted = items.length > 0 ? items : DEFAULT_ITEMS;
      const shown = node.tasks().filter(({ name }) => isTrue(builtins) || !name.startsWith('celery.'));
      const tasks = shown.toSorted((one, other) => (one.name < other.name ? -1 : 1));
      return tasks.map((task) => describe(task, wanted));
    },
  },
];

function infosOf(hostname: string, tasks: Iterable<TaskInHand>, state: TaskInHand['state'], isSafe: boolean): unknown {
  return [...tasks].filter((task) => task.state === state).map((task) => requestInfo(hostname, task, isSafe));
}

function describe({ name, attributes }: TaskFacts, items: readonly string[]): string {
  const fields = items
    .filter((item) => Object.hasOwn(attributes, item) && attributes[item] !== undefined)
    .map((item) => `${item}=${pythonText(attributes[item])}`);
  return fields.length === 0 ? name : `${name} [${fields.join(' ')}]`;
}

function pythonText(value: string | number | boolean | undefined): string {
  if (typeof value !== 'boolean') return String(value);
  return value ? 'True' : 'False';
}
