import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

/** What the number of usable cores is read from; by default this machine. */
export interface CoreSources {
  /** Cores this process may be scheduled on. */
  readonly parallelism: number;
  /** Text of a file, `undefined` where there is none. */
  readonly read: (file: string) => string | undefined;
}

/**
 * How many cores this process may use: those it may be scheduled on (its affinity), or fewer where a cgroup's quota, its own or one above it, allows less, as for a container with
 * a CPU limit. A quota of part of a core counts as one.
 */
export function resolveConcurrency(sources: CoreSources = thisMachine()): number {
  const quota = Math.min(...quotasV2(sources), ...quotasV1(sources));
  return Math.max(1, Math.min(sources.parallelism, Math.ceil(quota)));
}

function thisMachine(): CoreSources {
  return {
    parallelism: availableParallelism(),
    read: (file) => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}

/** Cgroup v2: `cpu.max` of the process's group and of all above it, `max 100000` or `150000 100000`. */
function quotasV2({ read }: CoreSources): number[] {
  const group = groupOf(read('/proc/self/cgroup'), (controllers) => controllers === '');
  return ancestors('/sys/fs/cgroup', group).map((folder) => {
    const [quota, period] = (read(path.posix.join(folder, 'cpu.max')) ?? '').trim().split(/\s+/);
    return ratio(quota, period);
  });
}

/** Cgroup v1: `cpu.cfs_quota_us`, -1 for none, and `cpu.cfs_period_us`. */
function quotasV1({ read }: CoreSources): number[] {
  const group = groupOf(read('/proc/self/cgroup'), (controllers) => controllers.split(',').includes('cpu'));
  return ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct'].flatMap((root) =>
    ancestors(root, group).map((folder) =>
      ratio(read(path.posix.join(folder, 'cpu.cfs_quota_us')), read(path.posix.join(folder, 'cpu.cfs_period_us'))),
    ),
  );
}

/** Path of the group in `/proc/self/cgroup`, whose lines are `id:controllers:path`. Inside a container it may name a group of the host's that is not mounted here. */
function groupOf(text: string | undefined, matches: (controllers: string) => boolean): string {
  for (const line of (text ?? '').split('\n')) {
    const [, controllers, ...rest] = line.split(':');
    if (controllers !== undefined && rest.length > 0 && matches(controllers)) return rest.join(':');
  }
  return '/';
}

/** The group's folder and all above it up to the root. */
function ancestors(root: string, group: string): string[] {
  const folders = [root];
  for (const part of group.split('/').filter((name) => name !== '' && name !== '..')) {
    folders.push(path.posix.join(folders[folders.length - 1] as string, part));
  }
  return folders;
}

function ratio(quota: string | undefined, period: string | undefined): number {
  const [quotaUs, periodUs] = [Number(quota?.trim() || NaN), Number(period?.trim() || NaN)];
  return quotaUs > 0 && periodUs > 0 ? quotaUs / periodUs : Infinity;
}
