import { silentSink, type SignalSink } from '../client/index.js';
import type { TaskContext } from '../tasks/index.js';

interface RunEvent {
  readonly task: string;
  readonly id: string;
  readonly context: TaskContext;
}

/** What a tracer tells of the tasks it runs; `TaskSignals` fits. */
export interface ExecutionSignals {
  readonly taskPrerun: SignalSink<RunEvent>;
  readonly taskPostrun: SignalSink<RunEvent & { readonly state: string; readonly result: unknown }>;
  readonly taskSuccess: SignalSink<RunEvent & { readonly result: unknown; readonly runtimeMs: number }>;
  readonly taskRetry: SignalSink<RunEvent & { readonly error: unknown; readonly etaMs: number | undefined }>;
  readonly taskFailure: SignalSink<RunEvent & { readonly error: unknown }>;
  readonly taskInternalError: SignalSink<{
    readonly task: string | undefined;
    readonly id: string | undefined;
    readonly error: unknown;
  }>;
}

/** For a tracer whose events nobody wants. */
export const silentExecutionSignals: ExecutionSignals = {
  taskPrerun: silentSink,
  taskPostrun: silentSink,
  taskSuccess: silentSink,
  taskRetry: silentSink,
  taskFailure: silentSink,
  taskInternalError: silentSink,
};
