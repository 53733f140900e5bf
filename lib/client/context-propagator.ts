/**
 * Carries something that belongs to a request, such as a tenant or a trace, in the headers of the tasks that are sent below it, and puts it in place
 * again where they run: a bridge to nestjs-cls, OpenTelemetry or an `AsyncLocalStorage` of your own.
 */
export interface ContextPropagator {
  /** Headers to send along, JSON values by name; asked once for each message, where it is sent. `undefined` for none. */
  capture(): Readonly<Record<string, unknown>> | undefined;
  /** Calls `body` in the context that the sender's headers describe, and returns what it returns. */
  run<T>(headers: Readonly<Record<string, unknown>>, body: () => T): T;
}

/** The headers of a message: what the propagators capture, and over it what the sender gave. `undefined` for none. */
export function captureHeaders(
  propagators: readonly ContextPropagator[],
  given: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (propagators.length === 0) return given;
  const captured = propagators.map((propagator) => propagator.capture());
  return Object.assign({}, ...captured, given) as Readonly<Record<string, unknown>>;
}

/** Calls `body` inside of all propagators, the first one outermost. */
export function runPropagated<T>(
  propagators: readonly ContextPropagator[],
  headers: Readonly<Record<string, unknown>>,
  body: () => T,
): T {
  return propagators.reduceRight<() => T>((inner, propagator) => () => propagator.run(headers, inner), body)();
}
