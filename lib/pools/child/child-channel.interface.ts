/** A child's end of the line to its supervisor. */
export interface ChildChannel {
  /** Frames in the order sent, as many at once as have arrived. Those that come before the handler is set are kept. */
  onFrames(handler: (frames: readonly string[]) => void): void;
  /** Called when the supervisor is gone. */
  onEnd(handler: () => void): void;
  /** Adds a frame to what the next flush sends. */
  add(frame: string): void;
  /** Sends what was added, in one piece. `true`: it has left this process, and will arrive whatever becomes of it. */
  flush(): boolean;
  /** Calls back once all that was flushed has left this process. */
  whenSent(callback: () => void): void;
}
