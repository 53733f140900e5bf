import type { INestApplicationContext } from '@nestjs/common';
import { TestingUsageError } from '../errors/index.js';
import { TASK_QUEUE_CLOCK, TASK_QUEUE_OPTIONS_OVERRIDE, type OptionsOverride } from '../nest/index.js';
import { VirtualClock, type Duration } from '../time/index.js';
import { Lifecycle } from './lifecycle.js';
import { nameOfTask } from './name-of-task.js';
import type { DeadTask, SentTask } from './recorded-tasks.js';
import { runUntilIdle } from './run-until-idle.js';
import type { TaskReference } from './task-reference.js';
import { TestingInstances } from './testing-instances.js';
import {
  momentOf,
  resolveTestingOptions,
  type ResolvedTestingOptions,
  type TaskQueueTestingOptions,
} from './testing-options.js';
import { checkApplication, checkBuilder, checkClock, refuseFakeTimers, type TestingBuilder } from './usage-checks.js';

/**
 * One application under test, on a clock of its own. Its `TaskQueueModule`s, however they are configured, get a broker and results in memory that are
 * shared with nothing else.
 */
export class TaskQueueTesting {
  /** What the whole library goes by in this test; give it to providers of your own that wait or ask for the time. */
  readonly clock: VirtualClock;
  readonly #options: ResolvedTestingOptions;
  readonly #instances: TestingInstances;
  readonly #lifecycle = new Lifecycle();
  #application: INestApplicationContext | undefined;
  #isApplicationClosed = false;
  #closing: Promise<void> | undefined;

  /** Made by `createTaskQueueTesting()`. */
  constructor(options: ResolvedTestingOptions) {
    this.#options = options;
    this.clock = new VirtualClock({ now: options.nowMs });
    this.#instances = new TestingInstances(this.clock, options);
  }

  /** The present of the test. */
  get now(): Date {
    return new Date(this.clock.now());
  }

  /** In one call: `configure`, the builder's own `compile()`, `start`. */
  async compile<M extends INestApplicationContext>(builder: TestingBuilder & { compile(): Promise<M> }): Promise<M> {
    const module = await this.configure(builder).compile();
    await this.start(module);
    return module;
  }

  /**
   * Puts clock, broker and results of this test into the application that a builder is to make. What else it overrides stays.
   * @returns the builder
   * @throws {TestingUsageError}
   */
  configure<B extends TestingBuilder>(builder: B): B {
    this.#lifecycle.expect('new', 'configure()');
    checkBuilder(builder);
    this.#lifecycle.state = 'configured';
    const override: OptionsOverride = (options) => this.#instances.override(options);
    builder.overrideProvider(TASK_QUEUE_CLOCK).useValue(this.clock);
    builder.overrideProvider(TASK_QUEUE_OPTIONS_OVERRIDE).useValue(override);
    return builder;
  }

  /**
   * Initializes the application and, unless told otherwise, begins to run its tasks. Give it what is used: the Nest application where one was made
   * of the module, else the module.
   * @throws {TestingUsageError}
   */
  async start(application: INestApplicationContext): Promise<void> {
    checkApplication(application);
    this.#lifecycle.expect('configured', 'start()');
    refuseFakeTimers();
    checkClock(application, this.clock);
    this.#application = application;
    await application.init();
    await this.#instances.start(application, () => (this.#isApplicationClosed = true));
    this.#lifecycle.state = 'started';
  }

  /**
   * Lets time pass: everything that becomes due on the way happens in order, each at its own time, and has settled when this resolves.
   * @throws {TestingUsageError} before `start()`
   */
  async advance(duration: Duration): Promise<void> {
    this.#expectStarted('advance()');
    await this.clock.advance(duration);
  }

  /** Lets time pass until a moment. @throws {TestingUsageError} when it has passed */
  async advanceTo(moment: Date | number): Promise<void> {
    this.#expectStarted('advanceTo()');
    const ms = momentOf(moment, 'moment');
    if (ms < this.clock.now()) {
      throw new TestingUsageError(
        `advanceTo(${new Date(ms).toISOString()}) would go back: it is ${this.now.toISOString()} already. ` +
          'Create the testing with an earlier "now".',
      );
    }
    await this.clock.advanceTo(ms);
  }

  /** Runs all that is due now, and what follows from it, without letting time pass. */
  async settle(): Promise<void> {
    this.#expectStarted('settle()');
    await this.clock.settle();
  }

  /**
   * Lets time pass until no task is left: none waiting, running, or held back for a retry or an eta. Schedules that come due on the way are sent,
   * but not waited for.
   * @throws {TestingNotIdleError} naming the tasks that do not come to an end
   */
  async runUntilIdle(): Promise<void> {
    this.#expectStarted('runUntilIdle()');
    if (this.#options.worker === undefined) {
      throw new TestingUsageError(
        'runUntilIdle() has nothing to run tasks with: this testing was created with "worker: false". Leave that out.',
      );
    }
    await runUntilIdle(this.clock, this.#instances);
  }

  /** What was sent so far, in order. A retry is the same task, and no entry of its own. */
  get sent(): readonly SentTask[] {
    return this.#instances.sent;
  }

  /** What was given up so far, oldest first. */
  get deadLetters(): readonly DeadTask[] {
    return this.#instances.deadLetters;
  }

  /**
   * The name on the wire of a task.
   * @throws {TaskNotDeclaredError} for a method that is no task of the application
   */
  nameOf(task: TaskReference): string {
    return nameOfTask(task, this.#instances.hosts);
  }

  /** Names of all tasks of the application. */
  get taskNames(): readonly string[] {
    return [...new Set(this.#instances.hosts.flatMap(({ catalog }) => catalog.names()))];
  }

  /**
   * Ends the worker, and then the application, unless that was closed already. What runs and can end without time passing does; the rest is given up.
   * Leaves no timer and no handle. Safe to call twice, and whatever has failed before.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    refuseFakeTimers();
    const hasStarted = this.#lifecycle.state === 'started';
    this.#lifecycle.state = 'closed';
    try {
      await this.#instances.stop();
      if (!this.#isApplicationClosed) await this.#application?.close();
    } catch (error) {
      if (hasStarted) throw error; // one that could not be initialized may not close either, and has said why
    } finally {
      this.#instances.close();
    }
  }

  #expectStarted(call: string): void {
    this.#lifecycle.expect('started', call);
    refuseFakeTimers();
  }
}

/**
 * A testing for one application; README's chapter on testing shows how.
 * @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used
 */
export function createTaskQueueTesting(options: TaskQueueTestingOptions = {}): TaskQueueTesting {
  return new TaskQueueTesting(resolveTestingOptions(options));
}
