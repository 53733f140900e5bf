import { Module } from '@nestjs/common';
import { TaskQueueModule } from 'nest-task-queue';
import { FilesTasks } from './files.tasks.js';
import { LicenceApi } from './licence-api.js';
import { ReportsController } from './reports.controller.js';
import { ReportsService } from './reports.service.js';

/** One module for the web process, which only sends, and for the worker, which only runs. */
@Module({
  imports: [TaskQueueModule.forRoot()],
  controllers: [ReportsController],
  providers: [FilesTasks, LicenceApi, ReportsService],
})
export class AppModule {}
