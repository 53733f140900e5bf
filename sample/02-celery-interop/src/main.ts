import 'reflect-metadata';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { fileURLToPath } from 'node:url';
import { AppModule } from './app.module.js';
import { PricingService } from './pricing.service.js';
import { output, start, type Started } from './processes.js';
import { findPython, pythonFolder } from './python.js';
import { openRedis } from './redis.js';

/** Starts a Redis, a Python worker, a Nest worker and, in this process, the Nest web application; then each side calls the other. */
async function main(exits: boolean): Promise<void> {
  const stops: (() => Promise<void>)[] = [];
  let ending: Promise<void> | undefined;
  const end = (code: number): Promise<void> => (ending ??= stopAll(stops).then(() => process.exit(code)));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(exits ? 1 : 0));
  const keep = ({ ended, stop }: Started, name: string): void => {
    stops.unshift(stop);
    void ended.then((how) => {
      if (ending !== undefined) return;
      console.error(`The ${name} worker ended (${how}); its log above says why`);
      void end(1);
    });
  };

  try {
    const python = await findPython();
    const redis = await openRedis();
    stops.unshift(redis.stop);
    process.env['TASK_QUEUE_BROKER_URL'] = redis.url;
    keep(start(python, ['-m', 'celery', '-A', 'tasks', 'worker', '-P', 'solo', '-l', 'INFO'], pythonFolder), 'Python');
    keep(start(process.execPath, [fileURLToPath(new URL('./worker.js', import.meta.url))]), 'Nest');
    const app = await NestFactory.create(AppModule, {
      logger: new ConsoleLogger({ logLevels: ['error', 'fatal'] }),
    });
    stops.unshift(() => app.close());
    await app.listen(exits ? 0 : Number(process.env['PORT'] ?? 3000), '127.0.0.1');

    await callPython(app.get(PricingService));
    process.stdout.write(await output(python, ['call_nest.py'], pythonFolder));

    if (exits) await end(0);
    console.error(`
All of it goes on; try, from another terminal:
  curl ${await app.getUrl()}/quotes/apple,pear
  curl ${await app.getUrl()}/quotes/durian
Ctrl-C ends it.`);
  } catch (error) {
    if (ending !== undefined) return;
    console.error(error instanceof Error ? error.message : error);
    await end(1);
  }
}

async function callPython(pricing: PricingService): Promise<void> {
  const total = await pricing.quote(['apple', 'pear'], '0.1');
  console.log(`Nest called Python:           pricing.quote([apple, pear], discount=0.1) -> ${total}`);
  const error: unknown = await pricing.quote(['durian']).catch((thrown: unknown) => thrown);
  console.log(`Python raised in Nest:        ${(error as Error).constructor.name}: ${(error as Error).message}`);
  const { text } = await pricing.quoteAndInvoice(['pear', 'pear'], 'A-0');
  console.log(`Python, then Nest, by a link: pricing.quote, orders.invoice -> ${text}`);
}

/** In the order given: the web application before the workers, these before the Redis. */
async function stopAll(stops: readonly (() => Promise<void>)[]): Promise<void> {
  for (const stop of stops) await stop();
}

await main(process.argv.includes('--exit'));
