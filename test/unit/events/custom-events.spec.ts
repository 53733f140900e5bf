import { expect, it } from 'vitest';
import { InvalidEventError } from '../../../lib/errors/index.js';
import { CustomEvents } from '../../../lib/events/index.js';
import { setupDispatcher } from './fakes.js';

function setup() {
  const { fanout, clock, logicalClock, log } = setupDispatcher();
  let connects = 0;
  const connect = async () => {
    connects += 1;
    return fanout;
  };
  const events = new CustomEvents({
    connect,
    encode: JSON.stringify,
    hostname: 'w@h',
    pid: 7,
    clock,
    logicalClock,
    log,
  });
  return { fanout, events, connects: () => connects };
}

it('are sent with their fields, over a connection that the first one makes', async () => {
  const { events, fanout, connects } = setup();
  expect(connects()).toBe(0);

  await events.send('order-shipped', { uuid: 'a', order: 1 });
  await events.close();

  expect(fanout.events).toMatchObject([
    ['order.shipped', { type: 'order-shipped', hostname: 'w@h', uuid: 'a', order: 1 }],
  ]);
});

it('are refused under the names of others, before anything connects', async () => {
  const { events, connects } = setup();

  await expect(events.send('task-failed', {})).rejects.toThrow(InvalidEventError);
  await expect(events.send('order-shipped', { pid: 1 })).rejects.toThrow(
    'Expected field "pid" of an event to be left out',
  );
  expect(connects()).toBe(0);
});
