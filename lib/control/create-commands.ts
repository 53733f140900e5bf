import type { ControlCommand } from './command.interface.js';
import { CommandRegistry } from './command-registry.js';
import { eventCommands } from './commands/event.commands.js';
import { limitCommands } from './commands/limit.commands.js';
import { poolCommands } from './commands/pool.commands.js';
import { queueCommands } from './commands/queue.commands.js';
import { revokingCommands } from './commands/revoking.commands.js';
import { taskInspectCommands } from './commands/task.commands.js';
import { workerInspectCommands } from './commands/worker.commands.js';

/** All commands that a worker obeys. @param own of the application */
export function createCommands(own: readonly ControlCommand[] = []): CommandRegistry {
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
