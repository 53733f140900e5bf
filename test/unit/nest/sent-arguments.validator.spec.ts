import { Inject, Injectable, InternalServerErrorException, Scope, UsePipes, ValidationPipe } from '@nestjs/common';
import { APP_PIPE, ApplicationConfig, ExternalContextCreator, REQUEST } from '@nestjs/core';
import { IsEmail, IsInt } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SentArgumentsValidator } from '../../../lib/nest/enhancers/sent-arguments.validator.js';
import { resolveTasksOptions } from '../../../lib/options/index.js';
import { readParameters, resolveTaskOptions, Task, type TaskOptions } from '../../../lib/tasks/index.js';
import { appWith } from './invoker-rig.js';

class Letter {
  @IsEmail()
  to!: string;
  @IsInt()
  pages!: number;
}

type Class = new (...args: never[]) => object;

/** The check of `run` of a provider that is a task with these options. */
async function checkOf(target: Class, options: TaskOptions = {}, providers: Parameters<typeof appWith>[0] = []) {
  const { app, hostOf } = await appWith([target, ...providers]);
  const validator = new SentArgumentsValidator(
    app.get(ExternalContextCreator, { strict: false }),
    app.get(ApplicationConfig, { strict: false }),
  );
  const location = `${target.name}.run`;
  return validator.compile(hostOf(target, 'run'), {
    name: 'demo.run',
    location,
    options: resolveTaskOptions(options, {}, resolveTasksOptions({}), location),
    parameters: readParameters(target.prototype as object, 'run', undefined, location),
  });
}

@UsePipes(new ValidationPipe())
class Post {
  @Task({ name: 'demo.run' })
  run(_letter: Letter, _note?: string): void {}
}

describe('SentArgumentsValidator', () => {
  it('costs nothing where nothing checks', async () => {
    class Plain {
      @Task()
      run(_letter: Letter): void {}
    }
    @UsePipes(new ValidationPipe())
    class Nothing {
      @Task()
      run(): void {}
    }

    expect(await checkOf(Plain)).toBeUndefined();
    expect(await checkOf(Nothing)).toBeUndefined();
  });

  it('lets through what fits', async () => {
    const check = await checkOf(Post);

    await expect(check?.([{ to: 'a@b.org', pages: 1 }])).resolves.toBeUndefined();
  });

  it("refuses with the pipe's own messages, by the parameter's name", async () => {
    const check = await checkOf(Post);

    await expect(check?.([{ to: 'nobody', pages: 1.5 }, 'note'])).rejects.toMatchObject({
      code: 'TQ_PAYLOAD_VALIDATION',
      taskName: 'demo.run',
      issues: [
        { path: '_letter', message: 'to must be an email' },
        { path: '_letter', message: 'pages must be an integer number' },
      ],
      cause: { status: 400 },
    });
  });

  it('refuses with every issue of every argument, elements of a rest parameter included', async () => {
    const refuse = {
      transform: (value: unknown) => {
        if (value === 'bad') throw new Error('is bad');
        return value;
      },
    };
    @UsePipes(refuse)
    class Many {
      @Task()
      run(_first: string, ..._others: string[]): void {}
    }
    const check = await checkOf(Many);

    await expect(check?.(['bad', 'good', 'bad'])).rejects.toMatchObject({
      issues: [
        { path: '_first', message: 'is bad' },
        { path: '_others', message: 'is bad' },
      ],
    });
    await expect(check?.(['good'])).resolves.toBeUndefined();
  });

  it('leaves what is sent as it is, although pipes transform', async () => {
    class Doubling {
      @UsePipes(
        { transform: (n: number) => n * 2 },
        {
          transform: (n: number) => {
            if (n !== 4) throw new Error(`got ${n}`);
          },
        },
      )
      @Task()
      run(_n: number): void {}
    }
    const check = await checkOf(Doubling);
    const args = [2];

    await check?.(args);

    expect(args).toEqual([2]);
  });

  it('asks schemas first', async () => {
    const check = await checkOf(Post, { schema: z.object({ to: z.string(), pages: z.number().max(9) }) });

    await expect(check?.([{ to: 'nobody', pages: 10 }])).rejects.toMatchObject({ issues: [{ path: '_letter.pages' }] });
    await expect(check?.([{ to: 'nobody', pages: 9 }])).rejects.toMatchObject({
      issues: [{ message: 'to must be an email' }],
    });
  });

  it('runs pipes of the application, unless the task leaves them out', async () => {
    class Plain {
      @Task()
      run(_letter: Letter): void {}
    }
    const globals = [{ provide: APP_PIPE, useFactory: () => new ValidationPipe() }];

    await expect((await checkOf(Plain, {}, globals))?.([{ to: 'nobody', pages: 1 }])).rejects.toThrow(
      /to must be an email/,
    );
    expect(await checkOf(Plain, { globalEnhancers: false }, globals)).toBeUndefined();
  });

  it('runs pipes that are classes with providers, and none that live for one request', async () => {
    @Injectable()
    class Limit {
      constructor(@Inject('LIMIT') readonly limit: number) {}
      transform(value: number): number {
        if (value > this.limit) throw new Error(`more than ${this.limit}`);
        return value;
      }
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Even {
      readonly divisor = 2;
      transform(value: number): number {
        if (value % this.divisor !== 0) throw new Error('odd');
        return value;
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class OfRequest {
      constructor(@Inject(REQUEST) readonly request: object) {}
      transform(): never {
        throw new Error('there is no request here');
      }
    }
    @UsePipes(Limit, Even)
    class Fixed {
      @Task()
      run(_n: number): void {}
    }
    @UsePipes(Limit, Even, OfRequest)
    class Scoped {
      @Task()
      run(_n: number): void {}
    }
    const limit = { provide: 'LIMIT', useValue: 10 };
    const fixed = await checkOf(Fixed, {}, [limit]);
    const scoped = await checkOf(Scoped, {}, [limit]);

    for (const check of [fixed, scoped]) {
      await expect(check?.([8])).resolves.toBeUndefined();
      await expect(check?.([12])).rejects.toThrow(/more than 10/);
    }
    await expect(fixed?.([7])).rejects.toThrow(/odd/);
    await expect(scoped?.([7])).resolves.toBeUndefined(); // a transient pipe is made together with its scoped host
  });

  it('passes on what is no refusal', async () => {
    const down = new InternalServerErrorException('directory is down');
    @UsePipes({
      transform: () => {
        throw down;
      },
    })
    class Plain {
      @Task()
      run(_n: number): void {}
    }

    await expect((await checkOf(Plain))?.([1])).rejects.toBe(down);
  });
});
