import { TaskQueueError } from './task-queue.error.js';

/** The embedded store needs SQLite, and neither Node nor an installed package provides it. */
export class SqliteMissingError extends TaskQueueError {
  readonly code = 'TQ_SQLITE_MISSING';

  constructor(nodeVersion: string, options?: ErrorOptions) {
    super(
      `The embedded store needs SQLite, which this Node (${nodeVersion}) does not bring: run "npm install @photostructure/sqlite", ` +
        'or use Node 22.13 or later, which has it built in.',
      options,
    );
  }
}

/** The folder of an embedded store cannot be made or opened. */
export class StoreLocationError extends TaskQueueError {
  readonly code = 'TQ_STORE_LOCATION';

  /** @param reason a clause that says what is wrong and what to do */
  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`The embedded store cannot use "${path}": ${reason}`, options);
  }
}

/** An embedded store lies where several machines may see it, and the locks it lives by cannot be trusted. */
export class NetworkFileSystemError extends TaskQueueError {
  readonly code = 'TQ_NETWORK_FILE_SYSTEM';

  /** @param fileSystem such as `NFS` */
  constructor(
    readonly path: string,
    readonly fileSystem: string,
  ) {
    super(
      `The embedded store cannot use "${path}": it is on ${fileSystem}, where file locks do not hold. Choose a folder on a local disk, ` +
        'as in "embedded:/var/lib/my-app"; for several machines use Redis, as in "redis://host:6379/0". ' +
        'If this is a folder of this machine all the same, as container tools mount them, allow it with "allowNetworkFileSystem: true".',
    );
  }
}

/** An embedded store cannot be written to. */
export class StoreReadOnlyError extends TaskQueueError {
  readonly code = 'TQ_STORE_READ_ONLY';

  constructor(
    readonly path: string,
    options?: ErrorOptions,
  ) {
    super(
      `The embedded store cannot write to "${path}": give this user the right to write there, or choose another folder, as in "embedded:/var/lib/my-app".`,
      options,
    );
  }
}

/** The disk of an embedded store is full. What was confirmed before is safe. */
export class StoreFullError extends TaskQueueError {
  readonly code = 'TQ_STORE_FULL';

  constructor(
    readonly path: string,
    options?: ErrorOptions,
  ) {
    super(
      `The embedded store cannot grow "${path}": the disk, or this user's share of it, is full. Make room; nothing that was confirmed is lost.`,
      options,
    );
  }
}

/** The file of an embedded store cannot be read as one. It is left as it is. */
export class StoreCorruptError extends TaskQueueError {
  readonly code = 'TQ_STORE_CORRUPT';

  /** @param reason such as `file is not a database` */
  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The embedded store cannot read "${path}": ${reason}. It is left as it is: restore it from a backup, ` +
        'or move it away to begin with an empty store.',
      options,
    );
  }
}

/** An embedded store was written by a later version of this library. */
export class StoreVersionError extends TaskQueueError {
  readonly code = 'TQ_STORE_VERSION';

  constructor(
    readonly path: string,
    readonly found: number,
    readonly known: number,
  ) {
    super(
      `The embedded store "${path}" has format ${found}, and this version of nest-task-queue knows formats up to ${known}. ` +
        'Update the package here, or choose another folder.',
    );
  }
}

/** An embedded store was locked by others for longer than this process waits. */
export class StoreBusyError extends TaskQueueError {
  readonly code = 'TQ_STORE_BUSY';

  constructor(
    readonly path: string,
    readonly waitedMs: number,
    options?: ErrorOptions,
  ) {
    super(
      `The embedded store "${path}" was locked by other processes for ${Math.round(waitedMs)} ms, and nothing was written. ` +
        'Look for a program that keeps it open in a transaction; if it is merely busy, a server such as Redis carries more.',
      options,
    );
  }
}

/** Reading or writing an embedded store failed. */
export class StoreIoError extends TaskQueueError {
  readonly code = 'TQ_STORE_IO';

  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The embedded store failed to read or write "${path}": ${reason}. Check the disk for faults and for room.`,
      options,
    );
  }
}
