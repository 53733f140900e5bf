import { Module } from '@nestjs/common';
import { TaskQueueModule } from 'nest-task-queue';
import { OrdersTasks } from './orders.tasks.js';
import { PricingController } from './pricing.controller.js';
import { PricingService, UnknownArticle } from './pricing.service.js';

/** Broker and results are the Redis of `TASK_QUEUE_BROKER_URL`, which the Python application has as well. */
@Module({
  imports: [TaskQueueModule.forRoot({ tasks: { defaultQueue: 'shop.nest' }, errors: [UnknownArticle] })],
  controllers: [PricingController],
  providers: [OrdersTasks, PricingService],
})
export class AppModule {}
