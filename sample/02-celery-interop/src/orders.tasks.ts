import { Injectable } from '@nestjs/common';
import { Task } from 'nest-task-queue';

export class InvalidTotalError extends Error {}

export interface Invoice {
  readonly order: string;
  readonly text: string;
}

/** What Nest does for Python. Python matches keyword arguments with the names of the parameters. */
@Injectable()
export class OrdersTasks {
  @Task({ name: 'orders.invoice', queue: 'shop.nest' })
  invoice(total: string, order: string): Invoice {
    if (Number(total) < 0) throw new InvalidTotalError(`Order ${order} has a total of ${total}`);
    return { order, text: `Invoice for order ${order}: ${total} EUR` };
  }
}
