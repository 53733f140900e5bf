import { Injectable } from '@nestjs/common';
import { Ctx, Task, TaskContext } from 'nest-task-queue';

const runs = new Map<string, number>();
const notes = new Map<string, unknown[]>();
const gates = new Map<string, Gate>();

/** Holds whoever waits for it until it is opened. */
export class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

/** Counts a run of a task's body. */
export function ran({ id }: TaskContext): void {
  runs.set(id, runsOf(id) + 1);
}

/** How often the body of that task was run. */
export function runsOf(id: string): number {
  return runs.get(id) ?? 0;
}

/** A gate that a body waits for, by a name that the test makes up. */
export function gateOf(name: string): Gate {
  let gate = gates.get(name);
  if (gate === undefined) gates.set(name, (gate = new Gate()));
  return gate;
}

/** What was noted under a name by links and errbacks, in order. */
export function notesOf(name: string): readonly unknown[] {
  return notes.get(name) ?? [];
}

export function note(name: string, value: unknown): void {
  notes.set(name, [...notesOf(name), value]);
}

/** What follows from a task: notes what it was called with. */
@Injectable()
export class Followers {
  @Task({ name: 'followers.called' })
  called(value: unknown, name: string): void {
    note(`${name}:called`, value);
  }

  @Task({ name: 'followers.failed' })
  failed(id: string, name: string, @Ctx() _context: TaskContext): void {
    note(`${name}:failed`, id);
  }
}
