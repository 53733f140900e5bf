/** What nodes have replied, each by its name. */
export interface ControlReplies<T> {
  readonly replies: ReadonlyMap<string, T>;
  /** What those say that refused. */
  readonly errors: ReadonlyMap<string, string>;
}

/** Gathers the replies to one request, until there are enough. */
export class ReplyCollector<T> implements ControlReplies<T> {
  readonly replies = new Map<string, T>();
  readonly errors = new Map<string, string>();
  readonly isComplete: Promise<void>;
  private complete: () => void = () => undefined;
  private enough = Infinity;

  constructor() {
    this.isComplete = new Promise((resolve) => (this.complete = resolve));
  }

  /** So many will do. */
  expect(count: number): void {
    this.enough = Math.min(this.enough, count);
    this.check();
  }

  add(node: string, value: unknown): void {
    const error = errorOf(value);
    if (error === undefined) this.replies.set(node, withoutOk(value) as T);
    else this.errors.set(node, error);
    this.check();
  }

  private check(): void {
    if (this.replies.size + this.errors.size >= this.enough) this.complete();
  }
}

function errorOf(value: unknown): string | undefined {
  const isError = isOnly(value, 'error') && typeof value['error'] === 'string';
  return isError ? (value['error'] as string) : undefined;
}

function withoutOk(value: unknown): unknown {
  return isOnly(value, 'ok') ? value['ok'] : value;
}

function isOnly(value: unknown, key: string): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === key;
}
