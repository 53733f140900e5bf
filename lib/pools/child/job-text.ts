import { JobTextError } from '../../errors/index.js';
import type { JobCodec, PoolOutcome } from '../pool.interface.js';

/** @throws {JobTextError} when the codec cannot make one line of text of the job */
export function writeJob<Job, Reply>(codec: JobCodec<Job, Reply>, job: Job): string {
  let text: string;
  try {
    text = codec.encodeJob(job);
  } catch (cause) {
    throw new JobTextError(`writing it failed with ${String(cause)}`, { cause });
  }
  if (text.includes('\n') || text.includes('\t')) throw new JobTextError('its text has a line break or a tab');
  return text;
}

/** What a job came to whose child has replied. */
export function readReply<Job, Reply>(codec: JobCodec<Job, Reply>, reply: string): PoolOutcome<Reply> {
  try {
    return { as: 'done', reply: codec.decodeReply(reply) };
  } catch (error) {
    return { as: 'lost', started: true, charged: true, reason: `its reply could not be read: ${String(error)}` };
  }
}
