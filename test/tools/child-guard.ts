import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Sees to it that a child does not outlive this process, however it ends, SIGKILL included: a shell beside it waits for the end of
 * a pipe that only this process holds, and kills the child then.
 * @param wholeGroup the child leads a process group (`detached`), which goes with it
 */
export function guardChild(child: ChildProcess, wholeGroup = false): void {
  if (child.pid === undefined) return;
  const target = `${wholeGroup ? '-' : ''}${child.pid}`;
  // In a group of its own, since a Ctrl-C reaches everything in ours.
  const guard = spawn('sh', ['-c', 'cat >/dev/null; kill -s KILL -- "$1"', 'sh', target], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  // A pid is free for others once its process has ended.
  child.once('exit', () => {
    if (guard.pid === undefined) return;
    try {
      process.kill(-guard.pid, 'SIGKILL');
    } catch {
      // it is gone
    }
  });
}
