import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import * as required from 'nest-task-queue';
import { AppModule, Consumer } from './app.module';

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  // To the compiler the classes of the two builds are different ones; at run time there is one copy, which this program shows.
  const imported = (await import('nest-task-queue')) as unknown as typeof required;
  console.log(
    JSON.stringify({
      injected: app.get(Consumer).error instanceof required.InvalidOptionError,
      oneCopy: imported.InvalidOptionError === required.InvalidOptionError,
    }),
  );
  await app.close();
}

void main();
