import { Injectable, Module } from '@nestjs/common';
import { every, Schedule, Task, TaskQueueModule } from 'nest-task-queue';

export class SmtpError extends Error {}

@Injectable()
export class Mailer {
  deliver(_to: string): void {}
}

@Injectable()
export class MailTasks {
  constructor(private readonly mailer: Mailer) {}

  @Task({ name: 'mail.send', autoretryFor: [SmtpError], retryBackoff: true })
  send(to: string): string {
    this.mailer.deliver(to);
    return `sent to ${to}`;
  }

  @Schedule(every('1d'))
  @Task({ name: 'mail.digest' })
  digest(): void {}
}

/** As an application writes it: nothing in it is meant for tests. */
@Module({ imports: [TaskQueueModule.forRoot()], providers: [Mailer, MailTasks] })
export class MailModule {}
