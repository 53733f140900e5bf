import 'reflect-metadata';
import { TaskWorkerFactory } from 'nest-task-queue';
import { AppModule } from './app.module.js';

void TaskWorkerFactory.run(AppModule);
