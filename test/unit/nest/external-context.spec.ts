import {
  Catch,
  Injectable,
  SetMetadata,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import { EMPTY, of, type Observable } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { Allow, CatchAll, Deny, Double, Wrap } from './enhancer-fixtures.js';
import { appWith, sent } from './invoker-rig.js';

class ControlFlow extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

describe('enhancers of a task', () => {
  describe('guards', () => {
    it('let the body run, with the arguments in reach', async () => {
      const seen: unknown[] = [];
      @UseGuards({
        canActivate(context: ExecutionContext) {
          seen.push(context.getType(), context.getArgByIndex(0), context.getClass().name, context.getHandler().name);
          return true;
        },
      })
      class Tasks {
        run(id: string): string {
          return id;
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [sent('id')])(['x'])).toBe('x');
      expect(seen).toEqual(['task', 'x', 'Tasks', 'run']);
    });

    it('find metadata of the method by Reflector', async () => {
      @Injectable()
      class Roles {
        constructor(private readonly reflector: Reflector) {}
        canActivate(context: ExecutionContext): boolean {
          return this.reflector.get('role', context.getHandler()) === 'admin';
        }
      }
      class Tasks {
        @SetMetadata('role', 'admin')
        @UseGuards(Roles)
        run(): string {
          return 'ran';
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [])()).toBe('ran');
    });

    it('refuse with TaskForbidden, whose cause names the guard', async () => {
      @UseGuards(Allow, Deny)
      class Tasks {
        run(): void {}
      }
      const { compile } = await appWith([Tasks]);

      await expect(compile(Tasks, 'run', [])()).rejects.toMatchObject({
        code: 'TQ_TASK_FORBIDDEN',
        taskName: 'demo.run',
        cause: { response: { error: 'Deny returned false' } },
      });
    });

    it('refuse with TaskForbidden when they throw 401 or 403', async () => {
      const error = new UnauthorizedException('who are you');
      @UseGuards({
        canActivate() {
          throw error;
        },
      })
      class Tasks {
        run(): void {}
      }
      const { compile } = await appWith([Tasks]);

      await expect(compile(Tasks, 'run', [])()).rejects.toMatchObject({ code: 'TQ_TASK_FORBIDDEN', cause: error });
    });

    it('that fail are no refusal, nor is a 403 of the body', async () => {
      const down = new Error('directory is down');
      @UseGuards({
        canActivate() {
          throw down;
        },
      })
      class Guarded {
        run(): void {}
      }
      @UseGuards(Allow)
      class Thrower {
        run(): never {
          throw new UnauthorizedException();
        }
      }
      const { compile } = await appWith([Guarded, Thrower]);

      await expect(compile(Guarded, 'run', [])()).rejects.toBe(down);
      await expect(compile(Thrower, 'run', [])()).rejects.toBeInstanceOf(UnauthorizedException);
    });
  });

  describe('interceptors', () => {
    it('see and replace the result', async () => {
      @UseInterceptors(Wrap)
      class Tasks {
        run(): Promise<number> {
          return Promise.resolve(1);
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [])()).toEqual({ wrapped: 1 });
    });

    it.each([
      ['the body', { intercept: (_: unknown, next: CallHandler) => next.handle() }, EMPTY],
      ['the interceptor', { intercept: () => EMPTY }, of(1)],
    ])('make an Observable without a value undefined, from %s', async (_who, interceptor, body) => {
      @UseInterceptors(interceptor)
      class Tasks {
        run(): Observable<unknown> {
          return body;
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [])()).toBeUndefined();
    });
  });

  describe('filters', () => {
    it('make what they return the result, null too', async () => {
      @UseFilters(CatchAll)
      class Tasks {
        run(): never {
          throw new Error('it');
        }
        @UseFilters({ catch: () => null })
        quiet(): never {
          throw new Error('it');
        }
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [])()).toBe('caught it');
      expect(await compile(Tasks, 'quiet', [])()).toBeNull();
    });

    it.each(['TQ_RETRY', 'TQ_IGNORE', 'TQ_REJECT'])('do not see control flow: %s', async (code) => {
      @UseFilters(CatchAll)
      class Tasks {
        run(): never {
          throw new ControlFlow(code);
        }
      }
      const { compile } = await appWith([Tasks]);

      await expect(compile(Tasks, 'run', [])()).rejects.toMatchObject({ code });
    });

    it('that return nothing, or do not match, leave the error as it is, and log nothing', async () => {
      const error = new TypeError('it');
      const log = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      @Catch(RangeError)
      class RangeOnly {
        catch(): string {
          return 'range';
        }
      }
      class Tasks {
        @UseFilters({ catch: () => undefined })
        silent(): never {
          throw error;
        }
        @UseFilters(RangeOnly)
        other(): never {
          throw error;
        }
      }
      const { compile } = await appWith([Tasks]);

      await expect(compile(Tasks, 'silent', [])()).rejects.toBe(error);
      await expect(compile(Tasks, 'other', [])()).rejects.toBe(error);
      expect(log).not.toHaveBeenCalled();
      log.mockRestore();
    });

    it('see the refusal of a guard as Nest throws it, and may turn it into a result', async () => {
      @UseGuards(Deny)
      @UseFilters(CatchAll)
      class Tasks {
        run(): void {}
      }
      const { compile } = await appWith([Tasks]);

      expect(await compile(Tasks, 'run', [])()).toBe('caught Forbidden resource');
    });
  });

  describe('enhancers of the whole application', () => {
    const globals = [
      { provide: APP_GUARD, useClass: Allow },
      { provide: APP_INTERCEPTOR, useClass: Wrap },
      { provide: APP_PIPE, useClass: Double },
      { provide: APP_FILTER, useClass: CatchAll },
    ];
    class Tasks {
      run(n: number): number {
        if (n === 0) throw new Error('zero');
        return n;
      }
    }

    it('run for a task that has none of its own', async () => {
      const { compile } = await appWith([...globals, Tasks]);
      const run = compile(Tasks, 'run', [sent('n')]);

      expect(await run([2])).toEqual({ wrapped: 4 });
      expect(await run([0])).toBe('caught zero');
    });

    it('are left out where the task says so, and its own still run', async () => {
      @UsePipes(Double)
      class Own extends Tasks {}
      const { compile } = await appWith([...globals, { provide: APP_GUARD, useClass: Deny }, Tasks, Own]);
      const options = { globalEnhancers: false };

      expect(await compile(Tasks, 'run', [sent('n')], options)([2])).toBe(2);
      expect(await compile(Own, 'run', [sent('n')], options)([2])).toBe(4);
      await expect(compile(Own, 'run', [sent('n')], options)([0])).rejects.toThrow('zero');
    });
  });
});
