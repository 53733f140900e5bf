import type { OutgoingMessage } from '../../protocol/index.js';
import type { TaskCatalog } from '../../tasks/index.js';
import type { MessageFactory } from '../message-factory.js';
import type { SendRequest } from '../send-request.js';
import type { ChordSize } from './expand-workflow.js';

/** Messages of one confirm. */
export const BATCH_SIZE = 200;

export interface WorkflowSenderSetup {
  readonly messages: Pick<
    MessageFactory,
    'create' | 'defaultQueue' | 'expand' | 'graph' | 'ignoresResult' | 'lateChord' | 'mapOf' | 'replyTo'
  >;
  /** Refuses arguments that the task refuses; without a promise where nothing has to be waited for. */
  readonly check: (request: SendRequest) => Promise<void> | undefined;
  /** The tasks that are declared here. */
  readonly catalog: Pick<TaskCatalog, 'get'>;
  readonly openChords: (chords: readonly ChordSize[]) => Promise<void>;
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
}
