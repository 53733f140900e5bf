import { nok, ok, type ObeyedCommand } from '../command.interface.js';
import type { ControlledNode, EventControls } from '../controlled-node.interface.js';
import { wrongType } from './argument-values.js';

/** Commands that change what a worker tells monitors. @source celery/worker/control.py */
export const eventCommands: readonly ObeyedCommand[] = [
  {
    name: 'enable_events',
    isStrict: true,
    run: (node) => withEvents(node, (events) => `task events ${events.enable() ? '' : 'already '}enabled`),
  },
  {
    name: 'disable_events',
    isStrict: true,
    run: (node) => withEvents(node, (events) => `task events ${events.disable() ? '' : 'already '}disabled`),
  },
  {
    name: 'heartbeat',
    isStrict: true,
    run(node) {
      node.events?.answerHeartbeat();
      return undefined;
    },
  },
  {
    name: 'election',
    required: ['id', 'topic'],
    optional: ['action'],
    run(node, { id, topic, action }) {
      node.election(textOf('id', id), textOf('topic', topic), action);
      return undefined;
    },
  },
];

function textOf(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw wrongType(name, 'a text', value);
  return value;
}

function withEvents({ events }: ControlledNode, change: (events: EventControls) => string): unknown {
  return events === undefined ? nok('event dispatcher unavailable') : ok(change(events));
}
