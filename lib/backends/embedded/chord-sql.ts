/** One statement each, over the tables of `connections/sqlite/migrations.ts`. */

export const FIND_CHORD = `
  SELECT size, extra, claim, closed, done FROM chord WHERE group_id = ? AND (expires = 0 OR expires > ?)`;
/** With its parts, so that one of the same id begins anew. */
export const DROP_EXPIRED_CHORD = `DELETE FROM chord WHERE group_id = ? AND expires > 0 AND expires <= ?`;

export const OPEN_CHORD = `
  INSERT INTO chord (group_id, expires, size) VALUES (?, ?, ?)
  ON CONFLICT (group_id) DO UPDATE SET expires = excluded.expires, size = excluded.size`;
export const EXTEND_CHORD = `
  INSERT INTO chord (group_id, expires, extra) VALUES (?, ?, ?)
  ON CONFLICT (group_id) DO UPDATE SET expires = excluded.expires, extra = extra + excluded.extra`;
export const COUNT_PART = `
  INSERT INTO chord (group_id, expires, done, claim) VALUES (?, ?, ?, ?)
  ON CONFLICT (group_id) DO UPDATE SET expires = excluded.expires, done = excluded.done, claim = excluded.claim`;
export const CLOSE_CHORD = `
  INSERT INTO chord (group_id, expires, closed) VALUES (?, ?, 1)
  ON CONFLICT (group_id) DO UPDATE SET expires = excluded.expires, closed = 1`;

export const ADD_PART = `
  INSERT OR IGNORE INTO chord_part (group_id, place, task_id, state, result) VALUES (?, ?, ?, ?, ?)`;
export const REPLACE_PART = `
  UPDATE chord_part SET state = ?, result = ? WHERE group_id = ? AND place = ? AND task_id = ?`;
export const DROP_PARTS = `DELETE FROM chord_part WHERE group_id = ?`;
export const PARTS = `SELECT task_id, state, result FROM chord_part WHERE group_id = ? ORDER BY place, id`;

/** A page of them, so that no transaction is long; their parts go with them. */
export const DELETE_EXPIRED_CHORDS = `
  DELETE FROM chord WHERE group_id IN (SELECT group_id FROM chord WHERE expires > 0 AND expires <= ? LIMIT 32)`;

export const ADD_EXTENDER = `INSERT OR IGNORE INTO chord_extender (group_id, once) VALUES (?, ?)`;
