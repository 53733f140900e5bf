import { Module } from '@nestjs/common';
import { TaskQueueModule } from 'nest-task-queue';
import { LogTasks } from './log.tasks.js';
import { NoticeBoard } from './notice-board.js';
import { NoticeTasks } from './notice.tasks.js';
import { PipelinesService } from './pipelines.service.js';

/** One module for the process that sends, and for the worker. */
@Module({
  imports: [TaskQueueModule.forRoot()],
  providers: [LogTasks, NoticeTasks, NoticeBoard, PipelinesService],
})
export class AppModule {}
