import { performance } from 'node:perf_hooks';
import type { CompleteSignature } from 'nest-task-queue';
import { valueOf } from '../fixtures/apps/chaos/chaos.tasks.js';
import { markdownTable } from '../tools/markdown-table.js';
import { RunRig, type PartReport, type RunPlace } from './run-rig.js';

export interface PoisonOptions extends RunPlace {
  readonly innocents: number;
  readonly poison: number;
}

/** As often as a message may be lost with its process; the library's default. */
const MOST_LOSSES = 3;

/**
 * Messages that end the process they run in, each time, among others that do no harm: the former are dead letters in the end, with a
 * failure that says so, and all of the latter succeed.
 */
export async function poison(options: PoisonOptions): Promise<PartReport> {
  const rig = await RunRig.open(options);
  try {
    const startedAt = performance.now();
    const sent = await sendAll(rig, options);
    await rig.fleet.keep();
    const seen = await look(rig, sent);
    const seconds = (performance.now() - startedAt) / 1_000;
    await rig.fleet.stop();
    return judge(options, { ...seen, seconds, left: await rig.view.countMessages() }, rig);
  } finally {
    await rig.close();
  }
}

interface Sent {
  readonly poison: readonly string[];
  readonly innocents: ReadonlyMap<string, number>;
}

/** Poison is spread evenly; its kinds take turns. */
async function sendAll({ client }: RunRig, options: PoisonOptions): Promise<Sent> {
  const { work, poison } = client.chaos;
  const every = Math.max(1, Math.floor(options.innocents / options.poison));
  const isPoison: (number | undefined)[] = [];
  const signatures: CompleteSignature[] = [];
  for (let n = 0, poisoned = 0; n < options.innocents; n += 1) {
    if (n % every === Math.floor(every / 2) && poisoned < options.poison) {
      signatures.push(poison.s(poisoned % 2 === 0 ? 'exit' : 'kill'));
      isPoison.push(undefined);
      poisoned += 1;
    }
    signatures.push(work.s(n, 0, 2));
    isPoison.push(n);
  }
  const { results } = await client.tasks.sendMany(signatures);
  const ids = results.map(({ id }) => id);
  return {
    poison: ids.filter((_, at) => isPoison[at] === undefined),
    innocents: new Map(ids.flatMap((id, at) => (isPoison[at] === undefined ? [] : [[id, isPoison[at]] as const]))),
  };
}

interface Seen {
  readonly wrong: readonly string[];
  readonly failures: readonly string[];
  readonly letters: readonly string[];
  readonly mostRuns: number;
}

async function look({ client, log }: RunRig, sent: Sent): Promise<Seen> {
  const resultOf = (id: string): Promise<unknown> => client.tasks.result(id).get({ timeout: '3m', propagate: false });
  const failures = await Promise.all(sent.poison.map(async (id) => nameOf(await resultOf(id))));
  const wrong: string[] = [];
  await Promise.all(
    [...sent.innocents].map(async ([id, n]) => {
      const value = await resultOf(id);
      if (value !== valueOf(n)) wrong.push(`innocent ${id}: expected ${valueOf(n)}, got ${String(value)}`);
    }),
  );
  const letters = (await client.tasks.deadLetters.list('celery')).map(({ reason }) => reason);
  const { starts } = log.read();
  return { wrong, failures, letters, mostRuns: Math.max(0, ...sent.poison.map((id) => starts.get(id)?.length ?? 0)) };
}

function judge(options: PoisonOptions, seen: Seen & { seconds: number; left: number }, rig: RunRig): PartReport {
  const { pool, concurrency, innocents, poison: poisoned } = options;
  const { wrong, failures, letters, mostRuns, left, seconds } = seen;
  const lost = failures.filter((name) => name === 'WorkerLostError').length;
  const limited = letters.filter((reason) => reason === 'delivery_limit').length;
  const problems = [
    ...wrong.slice(0, 20),
    ...(lost === poisoned
      ? []
      : [`${poisoned} messages should have failed with WorkerLostError: ${failures.join(', ')}`]),
    ...(limited === poisoned && letters.length === poisoned
      ? []
      : [`${poisoned} messages should be dead letters by their losses: ${letters.join(', ') || 'none is'}`]),
    ...(mostRuns > MOST_LOSSES ? [`a poisonous message ran ${mostRuns} times, more than ${MOST_LOSSES}`] : []),
    ...(left > 0 ? [`${left} messages are left in the store`] : []),
  ];
  const counts = {
    succeeded: innocents - wrong.length,
    deadLettered: limited,
    lost,
    mostRuns,
    workerDeaths: rig.fleet.deaths,
  };
  const text = [
    `### ${poisoned} poisonous messages among ${innocents}: ${pool} × ${pool === 'solo' ? 1 : concurrency}, ${seconds.toFixed(1)} s`,
    '',
    markdownTable(
      ['', 'asked', 'measured'],
      [
        ['innocents with the right result', String(innocents), String(counts.succeeded)],
        ['poison dead-lettered by its losses', String(poisoned), String(limited)],
        ['poison with FAILURE WorkerLostError', String(poisoned), String(lost)],
        ['runs of one poisonous message', `≤ ${MOST_LOSSES}`, String(mostRuns)],
        ['messages left in the store', '0', String(left)],
        ['workers that died of it', '', String(rig.fleet.deaths)],
      ],
    ),
  ].join('\n');
  return { part: 'poison', pool, seconds, counts, problems, text };
}

function nameOf(value: unknown): string {
  return value instanceof Error ? value.name : `no error: ${String(value)}`;
}
