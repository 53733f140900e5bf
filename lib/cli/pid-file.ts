import { mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WorkerRunningError } from '../errors/index.js';

/** What a clock may have been set by between the start of a process and now, before its file is taken for another's. */
const CLOCK_MARGIN_MS = 60_000;
/** Of Linux, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** The file in which a worker leaves its process id. */
export class PidFile {
  constructor(readonly path: string) {}

  /** The process that it names, while it runs. A file of a process that is gone is stale. */
  read(): number | undefined {
    const pid = this.#named();
    return pid !== undefined && isAlive(pid) && !isYounger(pid, statSync(this.path).mtimeMs) ? pid : undefined;
  }

  /** Whether there is a file of a process that is gone. */
  get isStale(): boolean {
    return statSync(this.path, { throwIfNoEntry: false }) !== undefined && this.read() === undefined;
  }

  /**
   * Writes this process's id, in place of one that is stale, and removes the file when this process ends.
   * @throws {WorkerRunningError} when the process that it names still runs
   */
  hold(): void {
    mkdirSync(path.dirname(this.path), { recursive: true });
    if (this.isStale) unlinkSync(this.path);
    try {
      writeFileSync(this.path, `${process.pid}\n`, { flag: 'wx' });
    } catch (error) {
      const pid = this.read();
      if (pid === undefined) throw error;
      throw new WorkerRunningError(this.path, pid);
    }
    process.on('exit', () => {
      if (this.#named() === process.pid) this.remove();
    });
  }

  remove(): void {
    try {
      unlinkSync(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  #named(): number | undefined {
    try {
      const text = readFileSync(this.path, 'latin1').trim();
      return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the process began after the file was written, so that it only got the number of the one that wrote it. */
function isYounger(pid: number, writtenAtMs: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [, bootedAt] = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1')) ?? [];
    const startedAtMs = (Number(bootedAt) + Number(fields[19]) / TICKS_PER_SECOND) * 1_000;
    return startedAtMs > writtenAtMs + CLOCK_MARGIN_MS;
  } catch {
    return false; // it has ended meanwhile, or may not be looked at
  }
}
