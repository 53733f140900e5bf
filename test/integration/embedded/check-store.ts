import { existsSync } from 'node:fs';
import path from 'node:path';
import { loadSqlite, type SqliteDatabase } from '../../tools/sqlite.js';

/** What was found in a store at one instant. */
export interface StoreCheck {
  /** Sentences; none where every invariant holds. */
  readonly problems: readonly string[];
  readonly waiting: number;
  readonly held: number;
  readonly parked: number;
  readonly dead: number;
  /** Ids of the messages in each state. */
  readonly ids: Readonly<Record<'waiting' | 'held' | 'parked' | 'dead', readonly string[]>>;
}

const STATES = ['waiting', 'held', 'parked', 'dead'] as const;
const READY = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);

/** Queries that find nothing in a right store. */
const WRONG: readonly (readonly [problem: string, sql: string])[] = [
  ['is in no state', `SELECT id FROM message WHERE state NOT IN (0, 1, 2, 3)`],
  [
    'is held without an owner and a take, or has them without being held',
    `SELECT id FROM message WHERE (state = 1) <> (owner IS NOT NULL AND take IS NOT NULL) OR (owner IS NULL) <> (take IS NULL)`,
  ],
  [
    'is parked without a due time, or due without being parked',
    `SELECT id FROM message WHERE (state = 2) <> (due IS NOT NULL)`,
  ],
  [
    'is dead without a reason, or has one without being dead',
    `SELECT id FROM message WHERE (state = 3) <> (reason IS NOT NULL AND error IS NOT NULL AND died IS NOT NULL)`,
  ],
  ['has started without being held', `SELECT id FROM message WHERE started AND state <> 1`],
  [
    'is held by somebody the store does not know',
    `SELECT id FROM message WHERE state = 1 AND owner NOT IN (SELECT name FROM owner)`,
  ],
  ['has no envelope', `SELECT id FROM message WHERE envelope IS NULL AND id NOT IN (SELECT id FROM large)`],
  ['has two envelopes', `SELECT id FROM message WHERE envelope IS NOT NULL AND id IN (SELECT id FROM large)`],
  ['is an envelope without a message', `SELECT id FROM large WHERE id NOT IN (SELECT id FROM message)`],
  [
    'has a wrong size',
    `SELECT id FROM message LEFT JOIN large USING (id) WHERE length(coalesce(message.envelope, large.envelope)) <> size`,
  ],
];

/**
 * Looks at an embedded store as it is at one instant, without changing it; others may be at work in it.
 * @param folder of the store
 * @param confirmed ids of messages whose publishing was confirmed and whose tasks store their results: each has to be in the store once, or have ended
 */
export async function checkStore(folder: string, confirmed: Iterable<string> = []): Promise<StoreCheck> {
  const file = path.join(folder, 'queue.sqlite');
  if (!existsSync(file)) throw new Error(`There is no store at ${file}.`);
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.exec('PRAGMA busy_timeout = 5000');
    database.exec('BEGIN'); // one snapshot for all that follows
    return look(database, confirmed);
  } finally {
    database.close();
  }
}

function look(database: SqliteDatabase, confirmed: Iterable<string>): StoreCheck {
  const problems: string[] = [];
  const [integrity] = database.prepare('PRAGMA integrity_check').all();
  if (integrity?.['integrity_check'] !== 'ok') problems.push(`SQLite says: ${String(integrity?.['integrity_check'])}`);
  for (const [problem, sql] of WRONG)
    for (const { id } of database.prepare(sql).all()) problems.push(`Message ${String(id)} ${problem}.`);

  const messages = database
    .prepare(
      'SELECT state, coalesce(message.envelope, large.envelope) AS envelope FROM message LEFT JOIN large USING (id) ORDER BY message.id',
    )
    .all()
    .map(({ state, envelope }) => ({ state: STATES[Number(state)] ?? 'waiting', id: taskIdOf(String(envelope)) }));
  const ids = Object.fromEntries(
    STATES.map((state) => [state, messages.filter((each) => each.state === state).map((each) => each.id)]),
  ) as unknown as StoreCheck['ids'];
  problems.push(...checkConfirmed(database, messages, confirmed));
  return {
    problems,
    ids,
    waiting: ids.waiting.length,
    held: ids.held.length,
    parked: ids.parked.length,
    dead: ids.dead.length,
  };
}

function checkConfirmed(
  database: SqliteDatabase,
  messages: readonly { readonly state: string; readonly id: string }[],
  confirmed: Iterable<string>,
): string[] {
  const statesOf = new Map<string, string[]>();
  for (const { id, state } of messages) statesOf.set(id, [...(statesOf.get(id) ?? []), state]);
  const ended = new Map<string, string>();
  for (const row of database.prepare('SELECT task_id, status FROM result').all()) {
    if (READY.has(String(row['status']))) ended.set(String(row['task_id']), String(row['status']));
  }

  const problems: string[] = [];
  for (const id of confirmed) {
    const states = statesOf.get(id) ?? [];
    const status = ended.get(id);
    const alive = states.filter((state) => state !== 'dead'); // a dead letter may have stored its FAILURE
    if (states.length > 1)
      problems.push(`Message "${id}" is in the store ${states.length} times: ${states.join(', ')}.`);
    else if (states.length === 0 && status === undefined)
      problems.push(`Message "${id}" is lost: neither in the store nor ended.`);
    else if (alive.length > 0 && status !== undefined)
      problems.push(`Message "${id}" is ${alive.join(', ')}, though it ended as ${status}.`);
  }
  return problems;
}

function taskIdOf(envelope: string): string {
  try {
    const { headers } = JSON.parse(envelope) as { readonly headers?: { readonly id?: unknown } };
    return String(headers?.id ?? '');
  } catch {
    return '';
  }
}
