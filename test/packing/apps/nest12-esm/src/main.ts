import 'reflect-metadata';
import { createRequire } from 'node:module';
import { NestFactory } from '@nestjs/core';
import * as imported from 'nest-task-queue';
import { AppModule, Consumer } from './app.module.js';

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const required = createRequire(import.meta.url)('nest-task-queue') as typeof imported;
console.log(
  JSON.stringify({
    injected: app.get(Consumer).error instanceof imported.InvalidOptionError,
    oneCopy: imported.InvalidOptionError === required.InvalidOptionError,
  }),
);
await app.close();
