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
