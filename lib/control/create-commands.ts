import type { ObeyedCommand } from './command.interface.js';
import { CommandRegistry } from './command-registry.js';
import { eventCommands } from './commands/event.commands.js';
import { limitCommands } from './commands/limit.commands.js';
import { poolCommands } from './commands/pool.commands.js';
import { queueCommands } from './commands/queue.commands.js';
import { revokingCommands } from './commands/revoking.commands.js';
import { taskInspectCommands } from './commands/task.commands.js';
import { workerInspectCommands } from './commands/worker.commands.js';

/** All commands that a worker obeys. @param own of the application */
export function createCommands(own: readonly ObeyedCommand[] = []): CommandRegistry {
  return new CommandRegistry([
    ...workerInspectCommands(),
    ...taskInspectCommands,
    ...revokingCommands,
    ...eventCommands,
    ...limitCommands,
    ...queueCommands,
    ...poolCommands,
    ...own,
  ]);
}

/** Names that Celery's workers know, whether this one obeys them or not: an application's own commands have others. */
export const CELERY_COMMANDS: readonly string[] = [
  ...'active active_queues clock conf dump_active dump_conf dump_reserved dump_revoked dump_schedule dump_tasks hello'.split(
    ' ',
  ),
  ...'memdump memsample objgraph ping query_task registered report reserved revoked scheduled stats'.split(' '),
  ...'add_consumer autoscale cancel_consumer disable_events election enable_events heartbeat pool_grow pool_restart'.split(
    ' ',
  ),
  ...'pool_shrink rate_limit revoke revoke_by_stamped_headers shutdown terminate time_limit'.split(' '),
];
