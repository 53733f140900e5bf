import { ChildPool, type ChildExit, type ChildLauncher, type PoolOutcome } from '../../../lib/pools/index.js';
import type { ChildRecycling } from '../../../lib/pools/index.js';
import type { ChildPoolOptions } from '../../../lib/pools/index.js';
import type { ChildRole } from '../../../lib/pools/child/child-role.js';
import { frame, numbersOf } from '../../../lib/pools/child/frames.js';
import { noTraffic, type ChildLink, type ChildListener } from '../../../lib/pools/child/launcher.interface.js';
import { encodeReport } from '../../../lib/pools/child/report.js';
import { VirtualClock } from '../../../lib/time/index.js';

/** A child that does what the test says; it runs one job at a time. */
export class ScriptedChild implements ChildLink {
  readonly threadId = undefined;
  readonly traffic = noTraffic();
  /** Texts of the jobs that it has, in their order; the first one runs if it has begun. */
  readonly queue: { readonly cell: number; readonly turn: number; readonly text: string }[] = [];
  state: 'booting' | 'up' | 'gone' = 'booting';
  /** Its event loop does not turn. */
  isStuck = false;
  /** Its jobs begin before it hears that they are wanted back. */
  isQuick = false;
  #hasBegun = false;

  constructor(
    readonly pid: number,
    readonly role: ChildRole,
    private readonly listener: ChildListener,
  ) {}

  get texts(): readonly string[] {
    return this.queue.map(({ text }) => text);
  }

  send(text: string): void {
    if (text === 'X') return this.end('exited with code 0');
    if (text === 'P') return this.giveSign();
    const { first: cell, second: turn, rest } = numbersOf(text, 2);
    this.queue.push({ cell, turn, text: rest });
  }

  recall(cell: number, turn: number): void {
    const place = this.queue.findIndex((job) => job.cell === cell && job.turn === turn);
    const inTime = !this.isQuick && (place > 0 || (place === 0 && !this.#hasBegun));
    if (inTime) this.queue.splice(place, 1);
    this.listener.recalled(cell, turn, inTime);
  }

  kill(): void {
    this.end('was killed by SIGKILL');
  }

  up(report: unknown = {}): void {
    this.state = 'up';
    this.listener.frames([frame('U', encodeReport(report))]);
  }

  /** The body of its first job begins. */
  begin(): void {
    const [job] = this.queue;
    if (!job) throw new Error(`Child ${this.pid} has no job to begin.`);
    this.#hasBegun = true;
    this.listener.frames([frame('S', job.cell)]);
  }

  /** The body that runs ends. */
  done(): void {
    const job = this.queue.shift();
    if (!job) throw new Error(`Child ${this.pid} has no job to end.`);
    this.#hasBegun = false;
    this.listener.frames([frame('D', job.cell, job.text)]);
  }

  giveSign(): void {
    if (!this.isStuck) this.listener.frames([frame('L')]);
  }

  takes(memoryBytes: number): void {
    this.listener.frames([frame('M', memoryBytes)]);
  }

  end(text: string): void {
    if (this.state === 'gone') return;
    this.state = 'gone';
    this.listener.ended({ text, error: undefined, clean: text.endsWith('code 0') });
  }
}

/** A pool of scripted children on a virtual clock. Its first child is up. */
export async function openScripted(options: Partial<ChildPoolOptions<string, string>> = {}) {
  const clock = new VirtualClock();
  const children: ScriptedChild[] = [];
  const exits: ChildExit[] = [];
  const recycled: ChildRecycling[] = [];
  const launcher: ChildLauncher = {
    kind: 'prefork',
    sharesProcess: false,
    launch: (role, listener) => {
      const child = new ScriptedChild(children.length + 1, role, listener);
      children.push(child);
      return child;
    },
  };
  const pool = new ChildPool<string, string>({
    name: 'scripted',
    launcher,
    codec: { encodeJob: (job) => job, decodeReply: (text) => text },
    clock,
    children: 1,
    onChildExit: (exit) => exits.push(exit),
    onRecycled: (recycling) => recycled.push(recycling),
    ...options,
  });
  const started = pool.start();
  child(1).up();
  await started;

  /** The one that was launched so many-th. */
  function child(number: number): ScriptedChild {
    const found = children[number - 1];
    if (!found) throw new Error(`There is no child ${number}.`);
    return found;
  }

  /** Gives it a job, which begins and ends. */
  async function runIn(number: number, text = 'job'): Promise<PoolOutcome<string>> {
    const outcome = pool.run(text);
    child(number).begin();
    child(number).done();
    return outcome;
  }

  return { clock, pool, children, child, runIn, exits, recycled };
}
