import {
  createParamDecorator,
  Injectable,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type ExecutionContext,
} from '@nestjs/common';
import { IsEmail } from 'class-validator';
import { EMPTY, from, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { TaskExecutionContext } from '../../../lib/nest/enhancers/task-execution-context.js';
import { TaskContext } from '../../../lib/tasks/index.js';
import { Allow, Deny, Double, Wrap } from './enhancer-fixtures.js';
import { appWith, contextOf, contextParameter, injected, kwargsParameter, rest, sent } from './invoker-rig.js';

class Address {
  @IsEmail()
  to!: string;
}

/** Any decorator: compilers emit the types of parameters for decorated methods only. */
const Emit = (): MethodDecorator => () => undefined;

const Who = createParamDecorator((data: string, context: ExecutionContext) => {
  const { id } = TaskExecutionContext.from(context).getRequest();
  return `${data}:${id}`;
});

describe('TaskInvokerCompiler', () => {
  describe('without enhancers', () => {
    it('calls the method on its instance, with the arguments as they are', async () => {
      class Tasks {
        readonly base = 40;
        add(n: number): number {
          return this.base + n;
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'add', [sent('n')])([2])).toBe(42);
    });

    it('calls what the method is at the time of the call', async () => {
      class Tasks {
        run(): string {
          return 'original';
        }
      }
      const { compile, app } = await appWith([Tasks]);
      const run = compile(Tasks, 'run', []);
      app.get(Tasks).run = () => 'traced';

      expect(await run()).toBe('traced');
    });

    it('calls the instance that an instance decorator made', async () => {
      class Tasks {
        run(): string {
          return 'original';
        }
      }
      const traced: string[] = [];
      const instanceDecorator = (target: unknown): unknown =>
        target instanceof Tasks
          ? new Proxy(target, {
              get(of, key, receiver) {
                if (key === 'run') traced.push('run');
                return Reflect.get(of, key, receiver) as unknown;
              },
            })
          : target;
      const { compile } = await appWith([Tasks], { instrument: { instanceDecorator } });
      const run = compile(Tasks, 'run', []);
      traced.length = 0;

      expect(await run()).toBe('original');
      expect(traced).toEqual(['run']);
    });

    it.each([
      ['its last value', from([1, 2, 3]), 3],
      ['undefined when it has none', EMPTY, undefined],
    ])('resolves an Observable to %s', async (_what, observable, expected) => {
      class Tasks {
        run(): Observable<number> {
          return observable as Observable<number>;
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [])()).toBe(expected);
    });

    it('throws what the body throws', async () => {
      const error = new Error('broken');
      class Tasks {
        run(): never {
          throw error;
        }
      }
      const { compile } = await appWith([Tasks]);

      await expect(compile(Tasks, 'run', [])()).rejects.toBe(error);
    });
  });

  describe('parameters on the way through enhancers', () => {
    it('fills undecorated ones although another is decorated', async () => {
      class Tasks {
        run(first: string, @Who('w') who: string, last: string): unknown {
          return [first, who, last];
        }
      }
      const { compile } = await appWith([Tasks]);

      const result = await compile(Tasks, 'run', [sent('first'), injected, sent('last')])(['a', undefined, 'b']);

      expect(result).toEqual(['a', 'w:id-1', 'b']);
    });

    it('gives the context and the keyword arguments as they are, past every pipe', async () => {
      @UsePipes({ transform: () => 'piped' })
      class Tasks {
        run(value: string, context: TaskContext, kwargs: object): unknown {
          return [value, context, kwargs];
        }
      }
      const { compile } = await appWith([Tasks]);
      const context = contextOf();
      const kwargs = { a: 1 };

      const result = await compile(Tasks, 'run', [sent('value'), contextParameter, kwargsParameter])(
        ['x', context, kwargs],
        context,
      );

      expect(result).toEqual(['piped', context, kwargs]);
    });

    it('keeps default values where no argument was sent', async () => {
      @UseGuards(Allow)
      class Tasks {
        run(a: number, b = 5, c: number = 7): number[] {
          return [a, b, c];
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [sent('a'), sent('b'), sent('c')])([1])).toEqual([1, 5, 7]);
    });

    it('passes nothing to a method without parameters', async () => {
      @UseGuards(Allow)
      class Tasks {
        run(...all: unknown[]): number {
          return all.length;
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [])()).toBe(0);
    });

    it('spreads a rest parameter, and pipes see each of its elements', async () => {
      @UsePipes(Double)
      class Tasks {
        run(first: number, ...others: number[]): number[] {
          return [first, ...others];
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [sent('first'), rest('others')])([1, 2, 3])).toEqual([2, 4, 6]);
      expect(await compile(Tasks, 'run', [sent('first'), rest('others')])([1])).toEqual([2]);
    });

    it('lets ValidationPipe check a sent argument by its type', async () => {
      @UsePipes(new ValidationPipe({ transform: true }))
      class Tasks {
        @Emit()
        run(address: Address): boolean {
          return address instanceof Address;
        }
      }
      const { compile } = await appWith([Tasks]);
      const run = compile(Tasks, 'run', [sent('address')]);

      expect(await run([{ to: 'a@b.org' }])).toBe(true);
      await expect(run([{ to: 'nobody' }])).rejects.toMatchObject({
        response: { message: ['to must be an email'] },
      });
    });

    it('lets ValidationPipe check each element of a rest parameter', async () => {
      @UsePipes(new ValidationPipe())
      class Tasks {
        // As TypeScript emits it: the type of the elements. Other compilers emit `Array`, which tells pipes nothing.
        @Reflect.metadata('design:paramtypes', [Address])
        run(...addresses: Address[]): number {
          return addresses.length;
        }
      }
      const { compile } = await appWith([Tasks]);
      const run = compile(Tasks, 'run', [rest('addresses')]);

      expect(await run([{ to: 'a@b.org' }, { to: 'c@d.org' }])).toBe(2);
      await expect(run([{ to: 'a@b.org' }, { to: 'nobody' }])).rejects.toMatchObject({ status: 400 });
    });

    it('runs pipes given to a parameter decorator', async () => {
      class Tasks {
        run(@Who('w', Double) who: string): string {
          return who;
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [injected])([undefined])).toBe('w:id-1');
    });
  });

  describe('where enhancers come from', () => {
    it('finds those of a class it inherits the method from', async () => {
      abstract class Base {
        @UseInterceptors(Wrap)
        run(n: number): number {
          return n;
        }
      }
      @Injectable()
      class Tasks extends Base {}
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [sent('n')])([1])).toEqual({ wrapped: 1 });
    });

    it('gives two classes that inherit one method their own', async () => {
      abstract class Base {
        run(n: number): number {
          return n;
        }
      }
      @UsePipes(Double)
      class First extends Base {}
      @UseInterceptors(Wrap)
      class Second extends Base {}
      const { compile } = await appWith([First, Second]);

      expect(await compile(First, 'run', [sent('n')])([1])).toBe(2);
      expect(await compile(Second, 'run', [sent('n')])([1])).toEqual({ wrapped: 1 });
    });

    it('refuses a class that Nest makes no instance of, instead of skipping it', async () => {
      @UseGuards(Deny)
      class Tasks {
        run(): void {}
      }
      const { compile } = await appWith([{ provide: Tasks, useFactory: () => new Tasks() }]);

      expect(() => compile(Tasks, 'run', [])).toThrow(
        '"Deny" on Tasks.run cannot run: Nest makes such classes only for providers that a module lists by their class. ' +
          'List the class itself among the providers instead of a factory, a value or another token, or give the decorator an instance.',
      );
    });

    it('takes instances on what a factory made', async () => {
      @UsePipes(new Double())
      class Tasks {
        run(n: number): number {
          return n;
        }
      }
      const { compile } = await appWith([{ provide: 'TASKS', useFactory: () => new Tasks() }]);

      expect(await compile('TASKS', 'run', [sent('n')])([1])).toBe(2);
    });
  });

  it('calls the traced function of an instance, which has none of the metadata, through the enhancers of its class', async () => {
    class Tasks {
      @UseInterceptors(Wrap)
      run(): string {
        return 'original';
      }
    }
    const { compile, app } = await appWith([Tasks]);
    const run = compile(Tasks, 'run', []);
    app.get(Tasks).run = () => 'traced';

    expect(await run()).toEqual({ wrapped: 'traced' });
  });
});
