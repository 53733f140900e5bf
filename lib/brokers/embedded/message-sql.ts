/** One statement each, over the tables of `connections/sqlite/migrations.ts`. */

/** Larger envelopes are kept apart from their row. @unit characters */
export const LARGE = 8_192;

/** Before every message that was not parked; see `position` in the migrations. */
export const PROMOTED = 1e13;

const FENCE = 'WHERE id = ? AND owner = ? AND take = ?';

export const INSERT = `
  INSERT INTO message (queue, priority, state, size, due, envelope) VALUES (?, ?, ?, ?, ?, ?)`;
export const INSERT_LARGE = `INSERT INTO large (id, envelope) VALUES (?, ?)`;

export const ENVELOPE = `SELECT coalesce(envelope, (SELECT envelope FROM large WHERE large.id = message.id)) AS envelope FROM message WHERE id = ?`;

/** The next ones of a queue; with their envelopes, except large ones. */
export const CANDIDATES = `
  SELECT id, priority, size, losses, redelivered, envelope FROM message INDEXED BY message_ready
  WHERE state = 0 AND queue = ? ORDER BY priority, position, id LIMIT ?`;
export const HAS_READY = `SELECT 1 FROM message INDEXED BY message_ready WHERE state = 0 AND queue = ? LIMIT 1`;
export const HOLD = `UPDATE message SET state = 1, owner = ?, take = ? WHERE id = ?`;

export const NEXT_DUE = `SELECT min(due) AS due FROM message INDEXED BY message_parked WHERE state = 2`;
export const PROMOTE = `
  UPDATE message SET state = 0, position = due - ${PROMOTED}, due = NULL
  WHERE id IN (SELECT id FROM message INDEXED BY message_parked WHERE state = 2 AND due <= ? ORDER BY due, id LIMIT 256)`;

export const ACK = `DELETE FROM message ${FENCE}`;
export const GIVE_BACK = `
  UPDATE message SET state = 0, owner = NULL, take = NULL, started = 0, redelivered = redelivered OR ?, losses = losses + ? ${FENCE}`;
export const PARK = `UPDATE message SET state = 2, owner = NULL, take = NULL, started = 0, due = ? ${FENCE}`;
export const BURY = `
  UPDATE message SET state = 3, owner = NULL, take = NULL, started = 0, reason = ?, error = ?, died = ?, size = ?, envelope = ? ${FENCE}`;
export const DELETE_LARGE = `DELETE FROM large WHERE id = ?`;
export const MARK_STARTED = `UPDATE message SET started = 1 ${FENCE}`;
export const IS_HELD = `SELECT 1 FROM message ${FENCE}`;

export const ADD_OWNER = `INSERT INTO owner (name, node, pid, host, since) VALUES (?, ?, ?, ?, ?)`;
export const HAS_OWNER = `SELECT 1 FROM owner WHERE name = ?`;
export const OWNERS = `SELECT name FROM owner`;
export const REMOVE_OWNER = `DELETE FROM owner WHERE name = ?`;

/** As if never taken. */
export const RELEASE_ALL = `UPDATE message INDEXED BY message_held SET state = 0, owner = NULL, take = NULL, started = 0 WHERE state = 1 AND owner = ?`;
/** The owner was cut off: uncharged. */
export const FENCE_ALL = `
  UPDATE message INDEXED BY message_held SET state = 0, owner = NULL, take = NULL, started = 0, redelivered = 1 WHERE state = 1 AND owner = ?`;
/** The owner died: charged by the rule of `lossesAfterDeath`. */
export const RESTORE_ALL = `
  UPDATE message INDEXED BY message_held SET state = 0, owner = NULL, take = NULL, redelivered = 1,
    losses = CASE WHEN started THEN losses + 1 ELSE max(losses, 1) END, started = 0
  WHERE state = 1 AND owner = ?`;

export const DEAD_PAGE = `
  SELECT id, reason, error, died, losses FROM message INDEXED BY message_dead
  WHERE state = 3 AND queue = ? ORDER BY died, id LIMIT ? OFFSET ?`;
export const DEAD_COUNT = `SELECT count(*) AS count FROM message INDEXED BY message_dead WHERE state = 3 AND queue = ?`;
export const DEAD_ONE = `SELECT id, priority FROM message WHERE id = ? AND queue = ? AND state = 3`;
export const REMOVE_DEAD = `DELETE FROM message WHERE id = ? AND queue = ? AND state = 3`;

export const COUNTS = `
  SELECT
    (SELECT count(*) FROM message INDEXED BY message_ready WHERE state = 0 AND queue = ?1) AS waiting,
    (SELECT count(*) FROM message INDEXED BY message_held WHERE state = 1 AND queue = ?1) AS held,
    (SELECT count(*) FROM message INDEXED BY message_parked WHERE state = 2 AND queue = ?1 AND due > ?2) AS parked,
    (SELECT count(*) FROM message INDEXED BY message_parked WHERE state = 2 AND queue = ?1 AND due <= ?2) AS due,
    (SELECT count(*) FROM message INDEXED BY message_dead WHERE state = 3 AND queue = ?1) AS dead`;
/** Of each priority the next one, and the next of those that were never parked: one of them has waited longest. */
export const FIRST_WAITING = `
  SELECT (SELECT id FROM message INDEXED BY message_ready
          WHERE state = 0 AND queue = ?1 AND priority = ?2 AND position >= ?3 ORDER BY position, id LIMIT 1) AS id`;
/** A page of them, so that no transaction is long. */
export const PURGE_WAITING = `
  DELETE FROM message WHERE id IN (SELECT id FROM message INDEXED BY message_ready WHERE state = 0 AND queue = ? LIMIT 1000)`;
export const PURGE_PARKED = `
  DELETE FROM message WHERE id IN (SELECT id FROM message INDEXED BY message_parked WHERE state = 2 AND queue = ? LIMIT 1000)`;

export const PAUSE = `INSERT OR IGNORE INTO paused (queue) VALUES (?)`;
export const RESUME = `DELETE FROM paused WHERE queue = ?`;
export const PAUSED = `SELECT queue FROM paused ORDER BY queue`;

export const REVOKE = `
  REPLACE INTO revoked (task_id, expires, running)
    VALUES (?1, ?2, coalesce(?3, (SELECT running FROM revoked WHERE task_id = ?1)))`;
export const REVOKED_SINCE = `SELECT seq, task_id, running FROM revoked WHERE seq > ? AND expires > ? ORDER BY seq`;
export const FORGET_EXPIRED_REVOCATIONS = `DELETE FROM revoked WHERE expires <= ?`;
/** All but the newest. The span of the numbers bounds the count, and is free to know. */
export const FORGET_OLD_REVOCATIONS = `
  DELETE FROM revoked WHERE (SELECT max(seq) FROM revoked) - (SELECT min(seq) FROM revoked) >= ?1
    AND seq <= (SELECT seq FROM revoked ORDER BY seq DESC LIMIT 1 OFFSET ?1)`;

export const CLAIM_TICK = `INSERT OR IGNORE INTO tick (entry, due, claimed) VALUES (?, ?, ?)`;
export const FORGET_TICKS = `DELETE FROM tick WHERE claimed <= ?`;

export const PARKED_IN = `
  SELECT id, due FROM message INDEXED BY message_parked WHERE state = 2 AND queue = ? ORDER BY due, id LIMIT ?`;

export const RATE = `SELECT next, last FROM rate WHERE bucket = ?`;
export const KEEP_RATE = `REPLACE INTO rate (bucket, next, last) VALUES (?, ?, ?)`;
export const TURN = `SELECT turn FROM rate_turn WHERE bucket = ? AND task_id = ?`;
export const KEEP_TURN = `REPLACE INTO rate_turn (bucket, task_id, turn) VALUES (?, ?, ?)`;
export const FORGET_TURN = `DELETE FROM rate_turn WHERE bucket = ? AND task_id = ?`;
export const FORGET_TURNS = `DELETE FROM rate_turn WHERE turn <= ?`;
