/** One statement each, over the tables of `connections/sqlite/migrations.ts`. Writing results is shared with the broker: `putResults`. */

export const FETCH = `SELECT value FROM result WHERE task_id = ? AND (expires = 0 OR expires > ?)`;
export const FORGET = `DELETE FROM result WHERE task_id = ?`;
/** A page of them, so that no transaction is long. */
export const DELETE_EXPIRED = `
  DELETE FROM result WHERE seq IN (SELECT seq FROM result WHERE expires > 0 AND expires <= ? LIMIT 256)`;

/** The number of the newest result, also of one that is gone. */
export const NEWEST = `SELECT seq FROM sqlite_sequence WHERE name = 'result'`;
export const SINCE = `SELECT seq, task_id FROM result WHERE seq > ? ORDER BY seq LIMIT 1000`;
export const VALUE = `SELECT value FROM result WHERE seq = ?`;

export const SAVE_GROUP = `REPLACE INTO saved_group (group_id, expires, value) VALUES (?, ?, ?)`;
export const FETCH_GROUP = `SELECT value FROM saved_group WHERE group_id = ? AND (expires = 0 OR expires > ?)`;
export const FORGET_GROUP = `DELETE FROM saved_group WHERE group_id = ?`;
export const DELETE_EXPIRED_GROUPS = `
  DELETE FROM saved_group WHERE group_id IN (SELECT group_id FROM saved_group WHERE expires > 0 AND expires <= ? LIMIT 256)`;
