import 'reflect-metadata';
import { TaskWorkerFactory } from 'nest-task-queue';
import { AppModule } from './app.module.js';

await TaskWorkerFactory.run(AppModule, { pool: 'prefork' });
