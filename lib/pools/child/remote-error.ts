/** An error that crosses to another process, as one line of text. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly stack: string | undefined;
}

/** Any thrown or aborting value as one line of text. */
export function encodeError(value: unknown): string {
  const error: RemoteError =
    value instanceof Error
      ? { name: value.name, message: value.message, code: codeOf(value), stack: value.stack }
      : { name: 'Error', message: describe(value), code: undefined, stack: undefined };
  return JSON.stringify(error);
}

export function decodeError(text: string): RemoteError {
  try {
    return JSON.parse(text) as RemoteError;
  } catch {
    return { name: 'Error', message: text, code: undefined, stack: undefined };
  }
}

/** An error of the same name, message and code. */
export function rebuildError({ name, message, code }: RemoteError): Error {
  const error = new Error(message);
  error.name = name;
  return code === undefined ? error : Object.assign(error, { code });
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'a value that has no text';
  }
}
