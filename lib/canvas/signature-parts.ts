import type { SignatureOptions } from './signature-options.js';

/** What a signature is made of. */
export interface SignatureParts {
  readonly task: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: SignatureOptions;
  /** Takes no further arguments, such as the result of what it is linked to. */
  readonly immutable?: boolean;
  /** Whether a compiler has compared the arguments with the task's method, so that optional ones may be left out. @defaultValue false */
  readonly isTyped?: boolean;
}

/** What is replaced of a signature; what is left out stays. */
export interface SignatureReplacement {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: SignatureOptions;
}
