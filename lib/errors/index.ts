export { TaskQueueError } from './task-queue.error.js';
export { InvalidOptionError, describeValue } from './invalid-option.error.js';
export { UnknownOptionError } from './unknown-option.error.js';
export { nearestName } from './nearest-name.js';
