import type { ResultBackend } from '../backends/index.js';
import type { Broker } from '../brokers/index.js';
import type { ErrorRegistry } from '../protocol/index.js';
import type { TaskCatalog } from '../tasks/index.js';
import type { Clock } from '../time/index.js';
import type { MessageFactory } from './message-factory.js';
import type { PublishSignals } from './signal-sink.js';

export interface TaskClientSetup {
  readonly broker: Broker;
  /** `undefined` where no results are kept. */
  readonly backend: ResultBackend | undefined;
  readonly messages: MessageFactory;
  readonly catalog: TaskCatalog;
  readonly clock: Clock;
  readonly signals?: PublishSignals;
  /** Classes to rebuild the errors of tasks with. */
  readonly errors?: ErrorRegistry;
  /**
   * Whether broker and backend are this client's alone: then it connects them when they are first needed, and closes them. Otherwise they are
   * connected, and closed by who owns them.
   * @defaultValue true
   */
  readonly ownsConnections?: boolean;
}
