import { Injectable, Module, Scope, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TaskWorkerFactory } from '../../../lib/bootstrap/index.js';
import { ControlCommand, TaskControl } from '../../../lib/control/index.js';
import { InjectTaskControl, TaskQueueModule, type TaskQueueModuleOptions } from '../../../lib/nest/index.js';
import { ownBroker } from './worker-rig.js';

@Injectable()
class Cache {
  readonly regions = new Map([['eu', 3]]);
}

@Injectable()
class CacheCommands {
  constructor(private readonly cache: Cache) {}

  @ControlCommand({ name: 'cache_size' })
  size({ region }: { readonly region: string }): number {
    const size = this.cache.regions.get(region);
    if (size === undefined) throw new RangeError(`no region "${region}"`);
    return size;
  }

  @ControlCommand()
  async flush(): Promise<void> {
    this.cache.regions.clear();
  }
}

class MoreCacheCommands extends CacheCommands {}

const SILENT = { log() {}, warn() {}, error() {} };

function moduleOf(providers: readonly Type[], options: TaskQueueModuleOptions = {}): Type {
  class Root {}
  Module({
    imports: [TaskQueueModule.forRoot({ broker: ownBroker(), ...options })],
    providers: [Cache, ...providers],
  })(Root);
  return Root;
}

async function open(module: Type): Promise<TaskControl> {
  const web = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const worker = await TaskWorkerFactory.create(module, { pool: 'async', name: 'w@host', logger: SILENT });
  onTestFinished(async () => {
    await worker.stop('warm');
    await web.close();
  });
  return web.get(TaskControl);
}

const refusal = (providers: readonly Type[]): Promise<unknown> =>
  NestFactory.createApplicationContext(moduleOf(providers), { logger: false, abortOnError: false }).then(
    (context) => context.close(),
    (error: unknown) => error,
  );

describe("an application's own control commands", () => {
  it('are obeyed by its worker, with its providers', async () => {
    const control = await open(moduleOf([CacheCommands]));

    expect((await control.call('cache_size', { region: 'eu' })).replies).toEqual(new Map([['w@host', 3]]));
    expect((await control.call('flush')).replies).toEqual(new Map([['w@host', null]]));
    expect((await control.call('cache_size', { region: 'eu' })).errors).toEqual(
      new Map([['w@host', 'ValueError(\'no region "eu"\')']]),
    );
    expect((await control.inspect.ping()).replies).toEqual(new Map([['w@host', 'pong']]));
  });

  it('are inherited', async () => {
    const control = await open(moduleOf([MoreCacheCommands]));

    expect((await control.call('cache_size', { region: 'eu' })).replies).toEqual(new Map([['w@host', 3]]));
  });

  it('are not heard of where remote control is off', async () => {
    const control = await open(moduleOf([CacheCommands], { control: { enabled: false } }));

    expect((await control.call('cache_size', { region: 'eu' })).replies.size).toBe(0);
  });

  it('travel by an exchange of their own where that is said', async () => {
    const control = await open(moduleOf([CacheCommands], { control: { exchange: 'shop' } }));

    expect((await control.inspect.ping()).replies.size).toBe(1);
  });

  it('are commanded by instance', async () => {
    @Injectable()
    class Billing {
      constructor(@InjectTaskControl('billing') readonly control: TaskControl) {}
    }
    class Root {}
    Module({ imports: [TaskQueueModule.forRoot({ name: 'billing', broker: ownBroker() })], providers: [Billing] })(
      Root,
    );
    const web = await NestFactory.createApplicationContext(Root, { logger: false });
    const options = { pool: 'async', name: 'b@host', instance: 'billing', logger: SILENT } as const;
    const worker = await TaskWorkerFactory.create(Root, options);
    onTestFinished(async () => {
      await worker.stop('warm');
      await web.close();
    });

    expect((await web.get(Billing).control.inspect.ping()).replies).toEqual(new Map([['b@host', 'pong']]));
  });

  it('are refused where two have one name, one is Celery’s, or their provider is of a request', async () => {
    class Twins {
      @ControlCommand({ name: 'flush' })
      empty(): void {}
    }
    class Pings {
      @ControlCommand()
      ping(): void {}
    }
    @Injectable({ scope: Scope.REQUEST })
    class OfRequests {
      @ControlCommand()
      now(): void {}
    }

    expect(await refusal([CacheCommands, Twins])).toMatchObject({
      code: 'TQ_CONTROL_COMMAND',
      message: expect.stringMatching(/"flush" is declared twice: by CacheCommands\.flush and by Twins\.empty/),
    });
    expect(await refusal([Pings])).toMatchObject({
      message: expect.stringMatching(/"ping" .* is one of Celery's own/),
    });
    expect(await refusal([OfRequests])).toMatchObject({ message: expect.stringMatching(/made for each request/) });
  });

  it('are refused under a name that cannot be one, and on what is no method', () => {
    expect(() => ControlCommand({ name: 'two words' })({}, 'x', {})).toThrow(/letters, digits/);
    expect(() => ControlCommand()(class Statics {}, 'x', {})).toThrow(/methods of instances alone/);
    expect(() => ControlCommand()((() => 1) as never, { name: 'y' } as never, {})).toThrow(/experimentalDecorators/);
  });
});
