import { Injectable, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import { TaskClient } from '../../../lib/client/index.js';
import { TaskQueueModule } from '../../../lib/nest/index.js';
import { Ctx, Task, TaskContext } from '../../../lib/tasks/index.js';
import { createTaskQueueTesting, type TaskQueueTesting } from '../../../lib/testing/index.js';

/** What the tasks below do their work with; tests replace it, or look at it. */
@Injectable()
export class Mailer {
  readonly delivered: string[] = [];
  deliver(to: string): void {
    this.delivered.push(to);
  }
}

export class SmtpError extends Error {}

@Injectable()
export class MailTasks {
  constructor(private readonly mailer: Mailer) {}

  @Task({ name: 'mail.send', queue: 'mail', autoretryFor: [SmtpError], retryBackoff: true, maxRetries: 5 })
  send(to: string, subject = 'Hello'): string {
    this.mailer.deliver(to);
    return `${subject}, ${to}`;
  }

  @Task({ name: 'mail.digest' })
  digest(users: { readonly id: number; readonly name: string }[], @Ctx() context: TaskContext): number {
    return users.length + context.retries;
  }

  notATask(): void {}
}

/** A user's application, on a broker that no test may ever reach. */
export const METADATA: ModuleMetadata = {
  imports: [TaskQueueModule.forRoot({ broker: 'embedded:/nowhere/that/exists' })],
  providers: [Mailer, MailTasks],
};

export function builderOf(metadata: ModuleMetadata = METADATA): TestingModuleBuilder {
  return Test.createTestingModule(metadata).setLogger({ log() {}, warn() {}, error() {} });
}

export function compile(testing: TaskQueueTesting, metadata: ModuleMetadata = METADATA): Promise<TestingModule> {
  return testing.compile(builderOf(metadata));
}

/** An application of these providers, whose time the test turns; it ends with the test. */
export async function openWith(providers: NonNullable<ModuleMetadata['providers']>) {
  const testing = createTaskQueueTesting();
  onTestFinished(() => testing.close());
  const module = await compile(testing, { imports: [TaskQueueModule.forRoot()], providers });
  return { client: module.get(TaskClient), settled: () => testing.runUntilIdle() };
}
