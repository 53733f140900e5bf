import { Injectable } from '@nestjs/common';
import { TaskClient, type AsyncResult, type WireClass } from 'nest-task-queue';
import { OrdersTasks, type Invoice } from './orders.tasks.js';

/** Python's exception of that name, as Nest throws it. */
export class UnknownArticle extends Error {
  static readonly wire: WireClass = { type: 'UnknownArticle', module: 'tasks' };
}

const timeout = '60s';
const queue = 'shop.python';

/** Calls what Python does. */
@Injectable()
export class PricingService {
  constructor(private readonly tasks: TaskClient) {}

  /** @throws {UnknownArticle} */
  async quote(articles: readonly string[], discount = '0'): Promise<string> {
    const { applyAsync } = this.tasks.remote<[articles: readonly string[]], string>('pricing.quote');
    const result = await applyAsync([articles], { queue, kwargs: { discount } });
    return result.get({ timeout });
  }

  /** Python's task with one of Nest's linked to it: the Python worker sends that one, so it has to be told its queue. */
  async quoteAndInvoice(articles: readonly string[], order: string): Promise<Invoice> {
    const taskId = `invoice-of-${order}-${Date.now()}`;
    const invoice = this.tasks.for(OrdersTasks).invoice.s(order).set({ queue: 'shop.nest', taskId });
    await this.tasks.send('pricing.quote', [articles], { queue, link: invoice });
    const result = this.tasks.result(taskId) as AsyncResult<Invoice>;
    return result.get({ timeout });
  }
}
