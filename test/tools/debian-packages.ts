import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from './run-command.js';

/** What decides whether packages can be installed. */
export interface Machine {
  readonly isRoot: boolean;
  readonly hasApt: boolean;
}

/**
 * Installs packages while no service starts: Debian's packages start theirs at once, unless `policy-rc.d` forbids it. Where the
 * machine has such a policy it stays, and what it let start is stopped. One run at a time on a machine.
 */
const script = `
set -u
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod 755 "$policy" || exit 1
fi
install() { apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" </dev/null; }
install "$@" || { apt-get -o DPkg::Lock::Timeout=300 update && install "$@"; } || exit
for package in "$@"; do
  [ -e "/etc/init.d/$package" ] || continue
  if [ -d /run/systemd/system ]; then systemctl disable --now "$package"; else service "$package" stop; fi
done
exit 0
`;

const installMs = 10 * 60_000;

/**
 * Installs packages of Debian (or of what descends from it), without starting their services.
 * @throws an error that says why they cannot be had
 */
export async function installDebianPackages(names: readonly string[], machine = thisMachine()): Promise<void> {
  const list = names.join(' ');
  if (!machine.hasApt) throw new Error(`${list} is not installed, and this machine has no apt-get to install it with`);
  if (!machine.isRoot) throw new Error(`${list} is not installed, and only root may: run "apt-get install ${list}"`);
  process.stderr.write(`Installing ${list} with apt-get.\n`);
  const lock = path.join(tmpdir(), 'nest-task-queue-apt.lock');
  const { problem } = await runCommand('flock', [lock, 'sh', '-c', script, 'sh', ...names], {
    withinMs: installMs,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (problem !== '') throw new Error(`${list} could not be installed: ${problem}`);
}

function thisMachine(): Machine {
  return { isRoot: process.getuid?.() === 0, hasApt: existsSync('/usr/bin/apt-get') };
}
