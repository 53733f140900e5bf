import { pbkdf2 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError, VirtualTimeStuckError } from '../../../lib/errors/index.js';
import { sleep, VirtualClock, type Clock } from '../../../lib/time/index.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setup(): { clock: VirtualClock; log: string[]; note: (text: string) => () => void } {
  const clock = new VirtualClock();
  const log: string[] = [];
  const note = (text: string) => () => void log.push(`${text}@${clock.monotonic()}`);
  return { clock, log, note };
}

describe('VirtualClock', () => {
  it('starts where it is told and stands still', async () => {
    const clock = new VirtualClock({ now: 5_000 });
    await turn();

    expect([clock.now(), clock.monotonic()]).toEqual([5_000, 0]);
    expect(new VirtualClock().now()).toBe(Date.UTC(2026, 0, 1));
  });

  it('moves by what it is told', async () => {
    const clock = new VirtualClock({ now: 5_000 });

    await clock.advance('1.5s');
    await clock.advance(500);

    expect([clock.now(), clock.monotonic()]).toEqual([7_000, 2_000]);
  });

  it('fires timers in the order of their due times, equal ones as they were set', async () => {
    const { clock, log, note } = setup();
    clock.setTimer(note('late'), 300);
    clock.setTimer(note('first'), 100);
    clock.setTimer(note('second'), 100);
    clock.setTimer(note('never'), 1_000);

    await clock.advance(999);

    expect(log).toEqual(['first@100', 'second@100', 'late@300']);
    expect(clock.monotonic()).toBe(999);
  });

  it('fires what becomes due on the way, also when a timer sets it', async () => {
    const { clock, log, note } = setup();
    const every = (left: number): void => {
      note('tick')();
      if (left > 0) clock.setTimer(() => every(left - 1), 100);
    };
    clock.setTimer(() => every(3), 100);

    await clock.advance(1_000);

    expect(log).toEqual(['tick@100', 'tick@200', 'tick@300', 'tick@400']);
  });

  it('lets what a timer started settle before the next one', async () => {
    const { clock, log, note } = setup();
    const work = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) await Promise.resolve();
      for (let i = 0; i < 20; i++) await turn();
      await readFile('package.json');
      await turn();
      note('settled')();
    };
    clock.setTimer(() => void work(), 100);
    clock.setTimer(note('next'), 101);

    await clock.advance(200);

    expect(log).toEqual(['settled@100', 'next@101']);
  });

  it('sees a file that is read and closed while other work keeps the thread pool busy', async () => {
    const { clock, log, note } = setup();
    let isOver = false;
    const keepBusy = async (): Promise<void> => {
      while (!isOver) await promisify(pbkdf2)('a', 'b', 5_000, 32, 'sha256');
    };
    const busy = Array.from({ length: 8 }, keepBusy);
    clock.setTimer(() => void readFile('package.json').then(note('read')), 100);
    clock.setTimer(note('next'), 101);

    await clock.advance(200);

    isOver = true;
    await Promise.all(busy);
    expect(log).toEqual(['read@100', 'next@101']);
  });

  it('settles what ran before the first timer, and after the last', async () => {
    const { clock, log, note } = setup();
    void turn().then(() => clock.setTimer(() => void turn().then(turn).then(note('done')), 50));

    await clock.advance(50);

    expect(log).toEqual(['done@50']);
  });

  it('stands still while something is held', async () => {
    const { clock, log, note } = setup();
    const socketLike = new EventTarget();
    const answered = new Promise<void>((resolve) => socketLike.addEventListener('answer', () => resolve()));
    clock.setTimer(() => void clock.hold(answered).then(note('answered')), 100);
    clock.setTimer(note('timeout'), 200);

    const advancing = clock.advance(500);
    for (let i = 0; i < 50; i++) await turn();
    expect(log).toEqual([]);
    socketLike.dispatchEvent(new Event('answer'));
    await advancing;

    expect(log).toEqual(['answered@100', 'timeout@200']);
  });

  it('passes the outcome of held work on', async () => {
    const { clock } = setup();

    await expect(clock.hold(Promise.resolve(7))).resolves.toBe(7);
    await expect(clock.hold(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    await clock.advance(1);
  });

  it('does not fire a cancelled timer', async () => {
    const { clock, log, note } = setup();
    const timer = clock.setTimer(note('cancelled'), 100);
    const soon = clock.setTimer(note('cancelled'), 0);

    timer.cancel();
    timer.cancel();
    soon.cancel();
    await clock.advance(200);

    expect(log).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fires a timer without delay in a turn of its own though time stands still', async () => {
    const { clock, log, note } = setup();
    clock.setTimer(note('now'), 0);
    clock.setTimer(note('negative'), -1);
    clock.setTimer(note('not a number'), NaN);
    expect(log).toEqual([]);

    await turn();

    expect(log).toEqual(['now@0', 'negative@0', 'not a number@0']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fires timers without delay before those that are due later', async () => {
    const { clock, log, note } = setup();
    clock.setTimer(() => clock.setTimer(note('at once'), 0), 100);
    clock.setTimer(note('later'), 100.5);

    await clock.advance(200);

    expect(log).toEqual(['at once@100', 'later@100.5']);
  });

  it('lets advances that overlap follow one another', async () => {
    const { clock, log, note } = setup();
    clock.setTimer(note('first'), 100);
    clock.setTimer(note('second'), 150);

    await Promise.all([clock.advance(100), clock.advanceTo(clock.now() + 120), clock.advance(80)]);

    expect(log).toEqual(['first@100', 'second@150']);
    expect(clock.monotonic()).toBe(200);
  });

  it('advances beside another clock of the process', async () => {
    const [one, other] = [setup(), setup()];
    one.clock.setTimer(one.note('rings'), 1_000);
    other.clock.setTimer(other.note('rings'), 2_000);

    await Promise.all([one.clock.advance('1h'), other.clock.advance('1h')]);

    expect([one.log, other.log]).toEqual([['rings@1000'], ['rings@2000']]);
  });

  it('advances to a time of day, never back', async () => {
    const clock = new VirtualClock({ now: 1_000 });

    await clock.advanceTo(4_000);
    await clock.advanceTo(2_000);

    expect(clock.now()).toBe(4_000);
  });

  it('settles without moving time', async () => {
    const { clock, log, note } = setup();
    void turn().then(turn).then(note('done'));

    await clock.settle();

    expect(log).toEqual(['done@0']);
  });

  it('tells when its next timer is due', () => {
    const clock = new VirtualClock({ now: 1_000 });
    expect(clock.nextTimerAt).toBeUndefined();

    clock.setTimer(() => undefined, 500);
    clock.setTimer(() => undefined, 200);

    expect(clock.nextTimerAt).toBe(1_200);
    expect(clock.pendingTimers).toBe(2);
  });

  it('rejects with what a callback threw, and goes on afterwards', async () => {
    const { clock, log, note } = setup();
    clock.setTimer(() => {
      throw new Error('in the callback');
    }, 100);
    clock.setTimer(note('after'), 200);

    await expect(clock.advance(300)).rejects.toThrow('in the callback');
    await clock.advance(300);

    expect(log).toEqual(['after@200']);
  });

  it('gives up on timers that set one another without delay', async () => {
    const { clock } = setup();
    let isLooping = true;
    const loop = (): void => {
      if (isLooping) clock.setTimer(loop, 0);
    };
    clock.setTimer(loop, 100);

    await expect(clock.advance(200)).rejects.toThrow(VirtualTimeStuckError);
    isLooping = false;
  }, 60_000);

  it('gives up on work that goes on for ever while time stands still', async () => {
    const clock = new VirtualClock({ settleTimeout: 0 });
    let isLooping = true;
    const loop = (): void => {
      if (isLooping) setImmediate(loop);
    };
    clock.setTimer(loop, 100);

    await expect(clock.advance(200)).rejects.toThrow('work is still under way (Immediate)');
    isLooping = false;
  });

  it.each([[-1], ['soon']])('refuses to advance by %j', async (duration) => {
    await expect(new VirtualClock().advance(duration)).rejects.toThrow(InvalidOptionError);
  });

  it('runs a polling worker the same way each time', async () => {
    const first = await simulate(new VirtualClock());
    const second = await simulate(new VirtualClock());

    expect(first).toEqual(second);
    expect(first).toHaveLength(30);
  });
});

/** Three slots that take work from one list, with waits of several lengths, for a virtual minute. */
async function simulate(clock: VirtualClock): Promise<string[]> {
  const log: string[] = [];
  const work = Array.from({ length: 30 }, (_, index) => index);
  const slot = async (name: string, timer: Clock): Promise<void> => {
    for (let item = work.shift(); item !== undefined; item = work.shift()) {
      await sleep(timer, (item * 37) % 500);
      await turn();
      log.push(`${name} ${item} ${timer.now()}`);
    }
  };
  for (const name of ['a', 'b', 'c']) void slot(name, clock);
  await clock.advance('1m');
  return log;
}
