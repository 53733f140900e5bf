import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { guardChild } from './child-guard.js';
import { interopEnvironment, pythonFolder, type InteropSettings } from './python-script.js';
import { until } from './until.js';

/** An event as Python's receiver hands it out, and what Celery's cluster state knows afterwards of the worker or task that it is about. */
export interface SeenEvent {
  readonly event: Readonly<Record<string, unknown>> & { readonly type: string };
  readonly seen: Readonly<Record<string, unknown>> | null;
}

/** A Python process that listens to events, as `celery events` and Flower do. */
export class PythonMonitor {
  readonly all: SeenEvent[] = [];
  #said = '';
  #isReady = false;

  private constructor(private readonly child: ChildProcess) {
    guardChild(child);
    createInterface({ input: child.stdout! }).on('line', (text) => {
      const line = JSON.parse(text) as SeenEvent | { readonly ready: true };
      if ('ready' in line) this.#isReady = true;
      else this.all.push(line);
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
  }

  /**
   * Resolves when it listens.
   * @param python an executable, as the servers `celery` and `celery-debian` give it for a url
   */
  static async open(python: string, settings: InteropSettings): Promise<PythonMonitor> {
    const env = { ...process.env, ...interopEnvironment(settings) };
    const monitor = new PythonMonitor(
      spawn(python, [path.join(pythonFolder, 'events_cli.py')], { env, stdio: 'pipe' }),
    );
    await monitor.until(() => monitor.#isReady, 'a Python monitor listens');
    return monitor;
  }

  /** The events of one type, or of one task. */
  of(wanted: { readonly type?: string; readonly id?: string; readonly hostname?: string }): readonly SeenEvent[] {
    const { type, id, hostname } = wanted;
    return this.all.filter(
      ({ event }) =>
        (type === undefined || event.type === type) &&
        (id === undefined || event['uuid'] === id) &&
        (hostname === undefined || event['hostname'] === hostname),
    );
  }

  /** The types of the events of one task, once there are so many. */
  async typesOf(id: string, count: number): Promise<readonly string[]> {
    await this.until(() => this.of({ id }).length >= count, `${count} events of ${id}`);
    return this.of({ id }).map(({ event }) => event.type);
  }

  until(look: () => boolean, what: string): Promise<boolean> {
    const detail = (): string =>
      `${JSON.stringify(this.all.slice(-10).map(({ event }) => [event.type, event['uuid'] ?? event['hostname']]))} ${this.#said}`;
    return until(look, { withinMs: 15_000, what, detail });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.stdin!.end();
    await ended;
  }
}
