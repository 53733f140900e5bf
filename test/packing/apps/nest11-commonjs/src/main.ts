import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import * as required from 'nest-task-queue';
import { AppModule, GreetTasks, VisitTasks } from './app.module';
import { claims } from './claims';

async function main(): Promise<void> {
  // To the compiler the classes of the two builds are different ones; at run time there is one copy, which this program shows.
  const imported = await import('nest-task-queue');
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error', 'fatal'] });
  const oneCopy = Object.is(imported.TaskClient, required.TaskClient);
  console.log(JSON.stringify({ oneCopy, ...(await claims(app, GreetTasks, VisitTasks)) }));
  await app.close();
}

void main();
