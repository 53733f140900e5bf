import { ApplicationConfig, ExternalContextCreator, ModulesContainer, NestFactory } from '@nestjs/core';
import { BenchmarkTasks } from '../../fixtures/apps/benchmark/benchmark.tasks.js';
import { senderModule } from '../../fixtures/apps/benchmark/benchmark.module.js';
import { payload, type Scale } from '../bench.js';
import { median, type Finding } from '../figure.js';

const ROUNDS = 7;

type Call = (args: unknown[], context: unknown) => unknown;

/** What makes the calls of a task; no business of the library's users. */
interface Compiler {
  compile(host: object, plan: object): { readonly invoke: Call };
}

/** What a call of a task's method costs: directly, and through a guard and an interceptor. */
export async function callCost(scale: Scale): Promise<Finding> {
  const count = scale.of(300_000, 60_000);
  const app = await NestFactory.createApplicationContext(senderModule('memory:call-cost'), {
    logger: ['error', 'warn'],
  });
  try {
    const compiler = await loadCompiler(
      app.get(ExternalContextCreator, { strict: false }),
      app.get(ApplicationConfig, { strict: false }),
    );
    const instance = app.get(BenchmarkTasks);
    const wrapper = [...app.get(ModulesContainer, { strict: false }).values()]
      .map((module) => module.providers.get(BenchmarkTasks))
      .find((found) => found !== undefined);
    const invokeOf = (method: string): Call => {
      const parameters = [{ kind: 'sent', name: '_payload', optional: false }];
      const plan = { name: `benchmark.${method}`, parameters, globalEnhancers: true, hooks: {} };
      return compiler.compile({ wrapper, classRef: BenchmarkTasks, method }, plan).invoke;
    };
    const ways: Readonly<Record<'bare' | 'direct' | 'enhanced', Call>> = {
      bare: (args) => instance.nothing(args[0] as string),
      direct: invokeOf('nothing'),
      enhanced: invokeOf('guarded'),
    };
    const times = { bare: [] as number[], direct: [] as number[], enhanced: [] as number[] };
    for (let round = -2; round < ROUNDS; round += 1) {
      for (const way of ['bare', 'direct', 'enhanced'] as const) {
        const us = await timeOf(ways[way], way === 'enhanced' ? count / 10 : count);
        if (round >= 0) times[way].push(us); // the first ones warm up
      }
    }
    const bare = median(times.bare);
    return {
      title: 'Calling a task',
      how: `What lies between the engine and a method that does nothing: ${count} calls one after the other, CPU time of this process. Medians of ${ROUNDS} interleaved rounds.`,
      figures: [
        { what: 'bare await of the method', value: bare, unit: 'µs' },
        { what: 'direct call, over the bare await', value: median(times.direct) - bare, unit: 'µs', atMost: 2 },
        {
          what: 'through a guard and an interceptor, over the bare await',
          value: median(times.enhanced) - bare,
          unit: 'µs',
        },
      ],
    };
  } finally {
    await app.close();
  }
}

async function loadCompiler(creator: ExternalContextCreator, config: ApplicationConfig): Promise<Compiler> {
  const file = new URL('nest/enhancers/task-invoker.compiler.js', import.meta.resolve('nest-task-queue'));
  const { TaskInvokerCompiler } = (await import(file.href)) as {
    TaskInvokerCompiler: new (creator: ExternalContextCreator, config: ApplicationConfig) => Compiler;
  };
  return new TaskInvokerCompiler(creator, config);
}

/** @returns microseconds of CPU time for one call */
async function timeOf(call: Call, count: number): Promise<number> {
  const context = { request: { headers: {} } };
  const before = process.cpuUsage();
  for (let n = 0; n < count; n += 1) await call([payload], context);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
