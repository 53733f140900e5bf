import { nok, ok, type ObeyedCommand } from '../command.interface.js';
import { wrongType } from './argument-values.js';

/** Commands that change what a worker takes from. @source celery/worker/control.py */
export const queueCommands: readonly ObeyedCommand[] = [
  {
    name: 'add_consumer',
    required: ['queue'],
    async run(node, { queue, exchange, exchange_type: type, routing_key: key }) {
      const name = nameOf(queue);
      const isOwn = [exchange ?? name, key ?? name].every((each) => each === '' || each === name);
      if (!isOwn || (type ?? 'direct') !== 'direct') {
        return nok(`queue ${name} can be bound to the direct exchange of its own name alone, by its own name`);
      }
      await node.addQueue(name);
      return ok(`add consumer ${name}`);
    },
  },
  {
    name: 'cancel_consumer',
    required: ['queue'],
    async run(node, { queue }) {
      const name = nameOf(queue);
      await node.removeQueue(name);
      return ok(`no longer consuming from ${name}`);
    },
  },
];

function nameOf(queue: unknown): string {
  if (typeof queue !== 'string' || queue === '') throw wrongType('queue', 'the name of a queue', queue);
  return queue;
}
