import type { ErrorRegistry } from '../protocol/index.js';
import type { TaskEnd } from './end-stream.js';
import type { GroupMembers } from './group-members.js';
import { thrownErrorOf } from './result-states.js';

/** How a member of a group ended. A nested group ends with its last task, or with the first that does not succeed. */
export type MemberEnd<T = unknown> =
  | {
      /** Its place in the group. */
      readonly index: number;
      /** Of the task, or of the nested group. */
      readonly id: string;
      readonly state: 'SUCCESS';
      readonly value: T;
      readonly error?: undefined;
    }
  | {
      readonly index: number;
      readonly id: string;
      readonly state: 'FAILURE' | 'REVOKED';
      readonly value?: undefined;
      readonly error: Error;
    };

/** The ends of members, from those of their tasks. */
export async function* memberEnds(
  members: GroupMembers,
  ends: AsyncIterable<TaskEnd>,
  errors: ErrorRegistry,
): AsyncGenerator<MemberEnd, void, undefined> {
  const shares = new Shares(members);
  const valueOf = (index: number, values: readonly unknown[]): MemberEnd => {
    return { index, id: members.idAt(index), state: 'SUCCESS', value: members.valueAt(index, values) };
  };
  for (const index of shares.ofNone()) yield valueOf(index, []);

  for await (const { place, meta } of ends) {
    const index = shares.owner(place);
    if (meta.status === 'SUCCESS') {
      const values = shares.add(place, meta.result);
      if (values !== undefined) yield valueOf(index, values);
    } else if (shares.fail(place)) {
      const state = meta.status === 'REVOKED' ? 'REVOKED' : 'FAILURE';
      yield { index, id: members.idAt(index), state, error: thrownErrorOf(meta, errors) };
    }
  }
}

/** Which tasks belong to which member, and what has come of those of nested groups. */
class Shares {
  private readonly sizes: Uint32Array;
  /** Place of the first task of each member. */
  private readonly firsts: Uint32Array;
  private readonly owners: Uint32Array;
  private readonly parts = new Map<number, { readonly values: unknown[]; missing: number } | 'failed'>();

  constructor(members: GroupMembers) {
    this.sizes = members.sizes();
    this.firsts = new Uint32Array(this.sizes.length);
    let total = 0;
    this.sizes.forEach((size, index) => {
      this.firsts[index] = total;
      total += size;
    });
    this.owners = new Uint32Array(total);
    this.sizes.forEach((size, index) => {
      const first = this.firsts[index] ?? 0;
      this.owners.fill(index, first, first + size);
    });
  }

  /** Members without a task. */
  *ofNone(): Generator<number, void, undefined> {
    for (const [index, size] of this.sizes.entries()) if (size === 0) yield index;
  }

  owner(place: number): number {
    return this.owners[place] ?? 0;
  }

  /** Returns the values of the member when this was the last one. */
  add(place: number, value: unknown): readonly unknown[] | undefined {
    const index = this.owner(place);
    const size = this.sizes[index] ?? 0;
    if (size === 1) return [value];
    const part = this.parts.get(index) ?? { values: Array.from<unknown>({ length: size }), missing: size };
    if (part === 'failed') return undefined;
    this.parts.set(index, part);
    part.values[place - (this.firsts[index] ?? 0)] = value;
    part.missing -= 1;
    if (part.missing > 0) return undefined;
    this.parts.delete(index);
    return part.values;
  }

  /** Returns whether it is the first of its member to fail. */
  fail(place: number): boolean {
    const index = this.owner(place);
    if (this.parts.get(index) === 'failed') return false;
    this.parts.set(index, 'failed');
    return true;
  }
}
