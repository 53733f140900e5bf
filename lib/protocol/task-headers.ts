/** Headers of protocol 2 that are Celery's own; all others are the sender's. @source celery/app/amqp.py `as_task_v2` */
export const CELERY_HEADERS: ReadonlySet<string> = new Set([
  'lang',
  'task',
  'id',
  'shadow',
  'eta',
  'expires',
  'group',
  'group_index',
  'retries',
  'timelimit',
  'root_id',
  'parent_id',
  'argsrepr',
  'kwargsrepr',
  'origin',
  'ignore_result',
  'replaced_task_nesting',
  'stamped_headers',
  'stamps',
  'meth',
  'compression',
]);

/** Headers that brokers add on the way, which no later message takes over. */
const BROKER_HEADERS: ReadonlySet<string> = new Set([
  'redelivered',
  'x-death',
  'x-death-error',
  'x-first-death-exchange',
  'x-first-death-queue',
  'x-first-death-reason',
  'x-delivery-count',
]);

/** Fields of a protocol 1 body that are no headers. */
const BODY_FIELDS: ReadonlySet<string> = new Set([
  'args',
  'kwargs',
  'callbacks',
  'errbacks',
  'chord',
  'chain',
  'utc',
  'taskset',
  'headers',
]);

/** Whether a header is the sender's own, and goes along with a retry. */
export function isSendersHeader(name: string): boolean {
  return !CELERY_HEADERS.has(name) && !BROKER_HEADERS.has(name);
}

/** Whether a field of a protocol 1 body stands for a header of the sender's own. */
export function isSendersField(name: string): boolean {
  return isSendersHeader(name) && !BODY_FIELDS.has(name);
}
