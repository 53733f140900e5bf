import { constants, getPriority, platform, setPriority } from 'node:os';
import type { ChildRole } from './child-role.js';

/** Lowers the priority of this process, or of this thread where it is a child that is one. Where the system does not let it, nothing changes. */
export function giveWay({ kind, niceness = 0 }: Pick<ChildRole, 'kind' | 'niceness'>): void {
  if (niceness === 0 || (kind === 'threads' && platform() !== 'linux')) return; // elsewhere it would be the whole process
  try {
    setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + niceness));
  } catch {
    // A sandbox forbids it.
  }
}
