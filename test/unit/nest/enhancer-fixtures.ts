import { Catch, Injectable, type CallHandler, type ExecutionContext } from '@nestjs/common';
import { map, type Observable } from 'rxjs';

@Injectable()
export class Allow {
  canActivate(): boolean {
    return true;
  }
}

@Injectable()
export class Deny {
  canActivate(): boolean {
    return false;
  }
}

@Injectable()
export class Wrap {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value) => ({ wrapped: value })));
  }
}

@Injectable()
export class Double {
  transform(value: unknown): unknown {
    return typeof value === 'number' ? value * 2 : value;
  }
}

@Catch()
export class CatchAll {
  catch(error: Error): unknown {
    return `caught ${error.message}`;
  }
}
