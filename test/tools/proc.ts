import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Whether this system tells of its processes in `/proc`, from which figures of other processes are read. */
export const hasProc = existsSync('/proc/self/stat');

const TICK_MS = 10; // USER_HZ is 100 on all that Node runs on

/** CPU time of a process with all its threads; 0 where it is gone. @unit milliseconds, in steps of 10 */
export function cpuMsOf(pid: number): number {
  const [utime = 0, stime = 0] = statFields(`/proc/${pid}/stat`)?.slice(11, 13).map(Number) ?? [];
  return (utime + stime) * TICK_MS;
}

/** CPU time of those threads of a process that live; more exact, for times in which none ends. @unit milliseconds */
export function threadMsOf(pid: number): number {
  return threadsOf(pid).reduce((sum, folder) => {
    const [nanoseconds = '0'] = readOrEmpty(`${folder}/schedstat`).split(' ');
    return sum + Number(nanoseconds) / 1e6;
  }, 0);
}

/** How often the first thread of a process, in Node that of its event loop, has gone to sleep and was woken. */
export function wakeUpsOf(pid: number): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0);
}

/** Memory of a process: what is resident, and that with shared pages divided among those who share them. @unit KiB */
export function memoryOf(pid: number): { readonly rss: number; readonly pss: number } {
  const text = readOrEmpty(`/proc/${pid}/smaps_rollup`);
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { rss: field('Rss'), pss: field('Pss') };
}

/** Processes that a process has started and that live. */
export function childrenOf(pid: number): readonly number[] {
  const lists = threadsOf(pid).map((folder) => readOrEmpty(`${folder}/children`));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** A process and all that it has started. */
export function familyOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

/** Whether all threads of a process stand still by SIGSTOP. */
export function isStopped(pid: number): boolean {
  if (!hasProc) return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('T');
  return threadsOf(pid).every((folder) => statFields(`${folder}/stat`)?.[0] === 'T');
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function threadsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/task`;
  return existsSync(folder) ? readdirSync(folder).map((thread) => `${folder}/${thread}`) : [];
}

/** What follows the name in a stat file: state, parent, … */
function statFields(file: string): readonly string[] | undefined {
  const text = readOrEmpty(file);
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
