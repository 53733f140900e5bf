/**
 * The tables of a store. The index of a step is the `user_version` it starts from; a released step is never changed.
 *
 * message.state: 0 waiting, 1 held (owner, take), 2 parked (due), 3 dead (reason, error, died).
 * message.position: 0, so that the id orders a queue; once promoted from parked, its due time less 10^13, which puts it
 * before all others, the earliest due first.
 * fanout: what is sent to all who listen; soon deleted by whoever sends more.
 * chord: size as it was opened, extra parts, claim: the task that sends what follows, done: how many parts; they outlast its close, the parts do not.
 * chord_part.place: its group index, or the greatest safe integer.
 * large: envelopes that are kept apart, so that a change of state does not write them again.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE message (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    queue       TEXT    NOT NULL,
    priority    INTEGER NOT NULL,
    position    INTEGER NOT NULL DEFAULT 0,
    state       INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    owner       TEXT,
    take        INTEGER,
    due         INTEGER,
    losses      INTEGER NOT NULL DEFAULT 0,
    started     INTEGER NOT NULL DEFAULT 0,
    redelivered INTEGER NOT NULL DEFAULT 0,
    reason      TEXT,
    error       TEXT,
    died        INTEGER,
    envelope    TEXT
  );
  CREATE INDEX message_ready  ON message (queue, priority, position) WHERE state = 0;
  CREATE INDEX message_held   ON message (owner)                     WHERE state = 1;
  CREATE INDEX message_parked ON message (due)                       WHERE state = 2;
  CREATE INDEX message_dead   ON message (queue, died)               WHERE state = 3;

  CREATE TABLE large (id INTEGER PRIMARY KEY, envelope TEXT NOT NULL);
  CREATE TRIGGER message_gone AFTER DELETE ON message WHEN old.envelope IS NULL
  BEGIN DELETE FROM large WHERE id = old.id; END;

  CREATE TABLE owner (
    name  TEXT PRIMARY KEY,
    node  TEXT    NOT NULL,
    pid   INTEGER NOT NULL,
    host  TEXT    NOT NULL,
    since INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE result (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT    NOT NULL UNIQUE,
    status  TEXT    NOT NULL,
    expires INTEGER NOT NULL,
    value   TEXT    NOT NULL
  );
  CREATE INDEX result_expires ON result (expires) WHERE expires > 0;

  CREATE TABLE revoked (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT    NOT NULL UNIQUE,
    expires INTEGER NOT NULL
  );
  CREATE INDEX revoked_expires ON revoked (expires);

  CREATE TABLE tick (
    entry   TEXT    NOT NULL,
    due     INTEGER NOT NULL,
    claimed INTEGER NOT NULL,
    PRIMARY KEY (entry, due)
  ) WITHOUT ROWID;
  CREATE INDEX tick_claimed ON tick (claimed);
  `,
  `
  CREATE TABLE paused (queue TEXT PRIMARY KEY) WITHOUT ROWID;
  `,
  `
  ALTER TABLE revoked ADD COLUMN running TEXT;
  `,
  `
  CREATE TABLE fanout (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    exchange    TEXT    NOT NULL,
    sent        INTEGER NOT NULL,
    envelope    TEXT    NOT NULL
  );
  `,
  `
  CREATE TABLE rate (
    bucket TEXT PRIMARY KEY,
    next   REAL NOT NULL,
    last   REAL NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE rate_turn (
    bucket  TEXT NOT NULL,
    task_id TEXT NOT NULL,
    turn    REAL NOT NULL,
    PRIMARY KEY (bucket, task_id)
  ) WITHOUT ROWID;
  CREATE INDEX rate_turn_turn ON rate_turn (turn);
  `,
  `
  CREATE TABLE chord (
    group_id TEXT PRIMARY KEY,
    size     INTEGER,
    extra    INTEGER NOT NULL DEFAULT 0,
    claim    TEXT,
    closed   INTEGER NOT NULL DEFAULT 0,
    done     INTEGER NOT NULL DEFAULT 0,
    expires  INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX chord_expires ON chord (expires) WHERE expires > 0;

  CREATE TABLE chord_part (
    id       INTEGER PRIMARY KEY,
    group_id TEXT    NOT NULL,
    place    INTEGER NOT NULL,
    task_id  TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    result   TEXT    NOT NULL
  );
  CREATE UNIQUE INDEX chord_part_place ON chord_part (group_id, place, task_id);
  CREATE TRIGGER chord_gone AFTER DELETE ON chord
  BEGIN DELETE FROM chord_part WHERE group_id = old.group_id; END;

  CREATE TABLE saved_group (
    group_id TEXT PRIMARY KEY,
    expires  INTEGER NOT NULL,
    value    TEXT    NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX saved_group_expires ON saved_group (expires) WHERE expires > 0;
  `,
  `
  CREATE TABLE deadline (
    key  TEXT PRIMARY KEY,
    at   INTEGER NOT NULL,
    text TEXT    NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX deadline_at ON deadline (at);

  CREATE TABLE chord_extender (
    group_id TEXT NOT NULL,
    once     TEXT NOT NULL,
    PRIMARY KEY (group_id, once)
  ) WITHOUT ROWID;
  CREATE TRIGGER chord_extenders_gone AFTER DELETE ON chord
  BEGIN DELETE FROM chord_extender WHERE group_id = old.group_id; END;
  `,
];
