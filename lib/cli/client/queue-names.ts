import type { Session } from './session.js';

/** Queues that the application names: its default one, those its workers take from and those its tasks and schedules go to. */
export function queuesOf({ host }: Session): readonly string[] {
  const { tasks, worker } = host.options;
  const declared = host.catalog.names().map((name) => host.catalog.get(name)?.options.queue);
  const scheduled = host.workerReport().schedules.map(({ request }) => request.queue);
  const named = [tasks.defaultQueue, ...(worker.queues ?? []), ...declared, ...scheduled];
  return [...new Set(named.filter((name) => name !== undefined))].sort();
}

/** Names of queues with commas between them. */
export function readQueues(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
