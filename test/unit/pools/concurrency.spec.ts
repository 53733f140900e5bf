import { describe, expect, it } from 'vitest';

import { resolveConcurrency } from '../../../lib/pools/index.js';

function cores(parallelism: number, files: Record<string, string>): number {
  return resolveConcurrency({ parallelism, read: (file) => files[file] });
}

describe('resolveConcurrency', () => {
  it.each<[string, number, number, Record<string, string>]>([
    ['no cgroup at all', 8, 8, {}],
    ['cgroup v2 without a quota', 8, 8, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }],
    ['cgroup v2 in a container', 8, 2, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '200000 100000\n' }],
    ['part of a core', 8, 1, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '25000 100000\n' }],
    ['a core and a half', 8, 2, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '150000 100000\n' }],
    ['a quota above the cores', 2, 2, { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '800000 100000\n' }],
    [
      'the tightest of the groups above it',
      8,
      3,
      {
        '/proc/self/cgroup': '0::/system.slice/worker.service\n',
        '/sys/fs/cgroup/system.slice/cpu.max': '300000 100000\n',
        '/sys/fs/cgroup/system.slice/worker.service/cpu.max': '600000 100000\n',
      },
    ],
    [
      'cgroup v1',
      8,
      2,
      {
        '/proc/self/cgroup': '4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
    ],
    [
      'cgroup v1 without a quota',
      8,
      8,
      { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' },
    ],
    ['files that say something else', 4, 4, { '/proc/self/cgroup': 'x', '/sys/fs/cgroup/cpu.max': 'many\n' }],
    ['a machine that counts no cores', 0, 1, {}],
  ])('with %s: %i cores become %i', (_, parallelism, expected, files) => {
    expect(cores(parallelism, files)).toBe(expected);
  });

  it('finds at least one core on this machine', () => {
    expect(resolveConcurrency()).toBeGreaterThanOrEqual(1);
  });
});
