import 'reflect-metadata';
import { createRequire } from 'node:module';
import { NestFactory } from '@nestjs/core';
import * as imported from 'nest-task-queue';
import { AppModule, GreetTasks, VisitTasks } from './app.module.js';
import { claims } from './claims.js';

const required = createRequire(import.meta.url)('nest-task-queue') as typeof imported;
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error', 'fatal'] });
const oneCopy = Object.is(imported.TaskClient, required.TaskClient);
console.log(JSON.stringify({ oneCopy, ...(await claims(app, GreetTasks, VisitTasks)) }));
await app.close();
