import { TaskQueueError } from './task-queue.error.js';
import { firstText, type WireClass } from './wire-class.js';

const MODULE = 'kombu.exceptions';

/** A value cannot be written in the format asked for. */
export class EncodeError extends TaskQueueError {
  static readonly wire: WireClass<EncodeError> = {
    type: 'EncodeError',
    module: MODULE,
    from: (args) => new EncodeError(firstText(args, 'Cannot encode a value.')),
  };
  readonly code = 'TQ_ENCODE';

  constructor(
    message: string,
    /** Where in the value, such as `args[0].user`; empty for the value itself. */
    readonly path = '',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Bytes or text cannot be read as what they claim to be. */
export class DecodeError extends TaskQueueError {
  static readonly wire: WireClass<DecodeError> = {
    type: 'DecodeError',
    module: MODULE,
    from: (args) => new DecodeError(firstText(args, 'Cannot decode a value.')),
  };
  readonly code = 'TQ_DECODE';
}

/** A message or result has a content type that this application does not accept; it was not decoded. */
export class ContentDisallowed extends TaskQueueError {
  static readonly wire: WireClass<ContentDisallowed> = {
    type: 'ContentDisallowed',
    module: MODULE,
    from: (args) => new ContentDisallowed(firstText(args, 'A content type is not accepted.')),
  };
  readonly code = 'TQ_CONTENT_DISALLOWED';

  constructor(
    message: string,
    /** Empty where the error came from another process. */
    readonly contentType = '',
    readonly accepted: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
