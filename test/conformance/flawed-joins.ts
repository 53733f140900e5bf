import type { Consumer, JoinAnswer, JoinSettlement } from '../../lib/brokers/index.js';
import type { BrokerFlaw } from './flawed-brokers.js';

/** Ways in which counting parts while settling can be wrong. */
export const joinFlaws: readonly BrokerFlaw[] = [
  {
    name: 'forgets the messages that go with a part',
    caughtBy: 'counts parts in the step that settles their messages, with what goes with them',
    consumer: changeJoin((join) => (batch) => join(batch.map((each) => ({ ...each, successors: [] })))),
  },
  {
    name: 'acknowledges also the message of the end',
    caughtBy:
      'keeps the message whose part ends a chord, with its result written, until what follows is settled with the close',
    consumer: changeJoin((join, consumer) => async (batch) => {
      const answer = await join(batch);
      await consumer.settle(answer.yours.map((delivery) => ({ delivery, as: 'ack' })));
      return answer;
    }),
  },
  {
    name: 'writes no result of the end',
    caughtBy:
      'keeps the message whose part ends a chord, with its result written, until what follows is settled with the close',
    consumer: changeJoin((join) => (batch) => join(batch.map((each) => ({ ...each, results: [] })))),
  },
  {
    name: 'forgets to close',
    caughtBy:
      'keeps the message whose part ends a chord, with its result written, until what follows is settled with the close',
    consumer: (consumer) => ({
      settle: (batch) => consumer.settle(batch.map((each) => ({ ...each, closes: [] }))),
    }),
  },
  {
    name: 'tells of an end only once',
    caughtBy: 'tells the same task so again when its message was lost in between, and closes nothing for who had it',
    consumer: changeJoin((join) => async (batch) => {
      const answer = await join(batch);
      const yours = answer.yours.filter(({ redelivered }) => !redelivered);
      return { ...answer, yours };
    }),
  },
  {
    name: 'does not say what it no longer held',
    caughtBy: 'counts no part of what is no longer held, and stores nothing of it',
    consumer: changeJoin((join) => async (batch) => ({ ...(await join(batch)), lost: [] })),
  },
  {
    name: 'keeps messages of parts that come too late',
    caughtBy: 'acknowledges parts that come too late, and stores their results',
    consumer: changeJoin((join) => async (batch) => {
      const answer = await join(batch.slice(0, 1));
      return { ...answer, yours: batch.map(({ delivery }) => delivery) };
    }),
  },
  {
    name: 'counts parts of all chords for one',
    caughtBy: 'ends each of several chords once while many consumers settle their parts, in pages',
    consumer: changeJoin((join) => (batch) => {
      const key = batch[0]?.part.key.replace(/g\d$/, 'g0') ?? '';
      return join(batch.map((each) => ({ ...each, part: { ...each.part, key } })));
    }),
  },
];

type Join = (batch: readonly JoinSettlement[]) => Promise<JoinAnswer>;

function changeJoin(change: (join: Join, consumer: Consumer) => Join): (consumer: Consumer) => Partial<Consumer> {
  return (consumer) => {
    const join: Join = (batch) =>
      consumer.join?.(batch) ?? Promise.reject(new Error('The flaw needs a consumer with join().'));
    return { join: change(join, consumer) };
  };
}
