import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import * as required from 'nest-task-queue';
import { AppModule, Consumer } from './app.module';

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const imported: typeof required = await import('nest-task-queue');
  console.log(
    JSON.stringify({
      injected: app.get(Consumer).error instanceof required.InvalidOptionError,
      oneCopy: imported.InvalidOptionError === required.InvalidOptionError,
    }),
  );
  await app.close();
}

void main();
