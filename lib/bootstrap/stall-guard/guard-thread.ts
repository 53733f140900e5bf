import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { openLeaseKeeper, type LeaseKeeper } from '../../brokers/index.js';
import { systemClock } from '../../time/index.js';
import type { GuardData, GuardedBody, GuardMessage } from './guard-messages.js';
import { guard, type GuardAction } from './guard-rules.js';

/** This file is the thread: it looks twice a second whether the event loop of its process still gives signs. */
const LOOK_MS = 500;
/** A loop that has given no sign for so long does not keep its lease either. */
const SILENT_MS = 600;
const STDERR = 2;

const data = workerData as GuardData;
const bodies = new Map<string, GuardedBody>();
let hasWarned = false;
let opening: Promise<LeaseKeeper> | undefined;
let lastLookMs = systemClock.now();

parentPort?.on('message', (message: GuardMessage) => {
  if (message.as === 'started') bodies.set(message.body.tag, message.body);
  else bodies.delete(message.tag);
});

function look(): void {
  const now = systemClock.now();
  // A machine that slept wakes both threads at once: the loop is given a look's time to show that it is well.
  const hasSlept = now - lastLookMs > 3 * LOOK_MS || now < lastLookMs;
  lastLookMs = now;
  if (hasSlept) return again();

  const beat = data.beat[0] ?? now;
  if (now - beat < data.stallWarningMs) hasWarned = false;
  if (now - beat > SILENT_MS && data.keeper.endsByItself) void keepLease();
  act(guard(now, beat, bodies.values(), data, hasWarned)).catch((error: unknown) => {
    say(`the stalled worker could not be fenced, trying again: ${String(error)}`);
    again();
  });
}

function again(): void {
  systemClock.setTimer(look, LOOK_MS, { ref: false });
}

async function act(action: GuardAction): Promise<void> {
  switch (action.as) {
    case 'none':
      break;
    case 'warn':
      hasWarned = true;
      say(
        `the event loop of this worker has been blocked for ${seconds(action.silentMs)} s${running()}; a CPU-bound task belongs into the pool "prefork" or "threads"`,
      );
      break;
    case 'end-body':
      await endBody(action.body);
      return;
    case 'fence': {
      const keeper = await openKeeper();
      await keeper.fence();
      say(
        `the event loop has been silent for ${seconds(action.silentMs)} s, longer than "worker.stallTimeout"${running()}; the messages were given back and this worker ends`,
      );
      process.kill(process.pid, 'SIGKILL');
      return;
    }
  }
  again();
}

async function endBody(body: GuardedBody): Promise<void> {
  const keeper = await openKeeper();
  await keeper.settle([{ tag: body.tag, results: body.results }]);
  await keeper.fence();
  say(
    `task ${body.task}[${body.id}] blocked the event loop beyond its time limit of ${body.timeLimitMs} ms. It failed with TimeLimitExceeded, ` +
      'what else ran here went back to the queue, and this worker ends, since nothing else can stop it; start it again',
  );
  process.kill(process.pid, 'SIGKILL');
}

/** In place of the loop that is busy. What cannot be done now is done at the next look. */
async function keepLease(): Promise<void> {
  try {
    const keeper = await openKeeper();
    await keeper.beat?.();
  } catch {
    opening = undefined;
  }
}

/** One connection for all that has to be done past the loop. */
function openKeeper(): Promise<LeaseKeeper> {
  opening ??= openLeaseKeeper(data.keeper);
  opening.catch(() => (opening = undefined));
  return opening;
}

function running(): string {
  const { read } = new TextDecoder().decode(data.lastStarted).match(/^(?<read>[^\0]*)/)?.groups ?? {};
  return read ? ` (started last: ${read})` : '';
}

/** Written past the console: that one goes through the event loop that is blocked. */
function say(text: string): void {
  writeSync(STDERR, `[nest-task-queue] ${text}\n`);
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(0);
}

again();
