import { Test } from '@nestjs/testing';
import { InvalidOptionError } from 'nest-task-queue';
import { AppModule, Consumer } from './app.module';

describe('the app under Jest', () => {
  it('injects a class of the library by its type', async () => {
    const app = await Test.createTestingModule({ imports: [AppModule] }).compile();

    expect(app.get(Consumer).error).toBeInstanceOf(InvalidOptionError);

    await app.close();
  });
});
