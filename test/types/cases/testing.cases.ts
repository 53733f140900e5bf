import { expect } from 'vitest';
import type { TaskHandle } from '../../../lib/client/index.js';
import { Task, type TaskContext } from '../../../lib/tasks/index.js';
import type { TaskQueueTesting } from '../../../lib/testing/index.js';

declare const testing: TaskQueueTesting;

class Mail {
  @Task({ name: 'send' })
  send(_to: string, _options: { readonly copies: number; readonly at?: Date }, _context?: TaskContext): void {}
}
declare const handle: TaskHandle<[to: string, count?: number], void>;

// case: matchers take what the task takes, with asymmetric matchers anywhere in it
expect(testing).toHaveEnqueued([Mail, 'send']);
expect(testing).toHaveEnqueued([Mail, 'send'], ['a', { copies: 1 }]);
expect(testing).toHaveEnqueued([Mail, 'send'], [expect.any(String), { copies: expect.any(Number), at: new Date() }]);
expect(testing).not.toHaveEnqueued([Mail, 'send'], [expect.anything(), expect.objectContaining({ copies: 1 })]);
expect(testing).toHaveEnqueued(handle, ['a', 1], { queue: 'mail', countdown: '1h', headers: { tenant: 'a' } });
expect(testing).toHaveEnqueued(handle, ['a']);
expect(testing).toHaveEnqueuedTimes(handle, 2, ['a']);
expect(testing).toHaveEnqueuedTimes('python.task', 1, [1, 'a', {}]);
expect(testing).toHaveDeadLettered([Mail, 'send'], undefined, { reason: 'rejected' });

// case: a method that the class does not have
// @ts-expect-error TS2769: No overload matches
expect(testing).toHaveEnqueued([Mail, 'sned']);

// case: an argument of another type
// @ts-expect-error TS2769: No overload matches
expect(testing).toHaveEnqueued([Mail, 'send'], [5, { copies: 1 }]);

// case: a member of another type
// @ts-expect-error TS2769: No overload matches
expect(testing).toHaveEnqueued([Mail, 'send'], ['a', { copies: 'one' }]);

// case: an argument too many for a handle
// @ts-expect-error TS2769: No overload matches
expect(testing).toHaveEnqueued(handle, ['a', 1, true]);

// case: an expectation that does not exist
// @ts-expect-error TS2769: No overload matches
expect(testing).toHaveEnqueued(handle, ['a'], { que: 'mail' });
