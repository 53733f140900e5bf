/** One statement each, over the table of `connections/sqlite/migrations.ts`. */

export const SEND = `INSERT INTO fanout (exchange, sent, envelope) VALUES (?, ?, ?)`;
/** The number of the newest, also of one that is gone. */
export const NEWEST = `SELECT seq FROM sqlite_sequence WHERE name = 'fanout'`;
export const SINCE = `SELECT seq, exchange, envelope FROM fanout WHERE seq > ? ORDER BY seq LIMIT 256`;
export const OLDEST = `SELECT seq, sent FROM fanout ORDER BY seq LIMIT 1`;
/** A page of them, so that no transaction is long. */
export const DELETE_OLD = `
  DELETE FROM fanout WHERE seq IN (
    SELECT seq FROM (SELECT seq, sent FROM fanout ORDER BY seq LIMIT 256) WHERE sent <= ? OR seq <= ?)`;
