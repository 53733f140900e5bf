import { Injectable, Module } from '@nestjs/common';
import { InvalidOptionError } from 'nest-task-queue';

/** Injects a class of the library by its type, so the token is the very class that this app imported. */
@Injectable()
export class Consumer {
  constructor(readonly error: InvalidOptionError) {}
}

@Module({
  providers: [
    Consumer,
    { provide: InvalidOptionError, useValue: new InvalidOptionError('worker.pool', 'a pool', 'x') },
  ],
})
export class AppModule {}
