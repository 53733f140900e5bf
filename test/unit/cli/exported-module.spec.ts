import { Injectable, Module } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import type { ApplicationReference } from '../../../lib/cli/application/application-file.js';
import { chooseModule } from '../../../lib/cli/application/exported-module.js';

@Injectable()
class Mail {}

@Module({ providers: [Mail] })
class MailModule {}

@Module({ imports: [MailModule] })
class AppModule {}

function named(given: string): ApplicationReference {
  const [file = '', exportName] = given.split('#');
  return { given, file, exportName };
}

describe('chooseModule', () => {
  it.each<[string, object, string, unknown]>([
    ['the only module', { Mail, MailModule }, 'app.js', MailModule],
    ['the default one of several', { default: AppModule, MailModule }, 'app.js', AppModule],
    ['the one named', { AppModule, MailModule }, 'app.js#MailModule', MailModule],
    ['one that is exported under two names', { AppModule, default: AppModule }, 'app.js', AppModule],
    ['one of CommonJS whose names Node did not find', { default: { AppModule, Mail } }, 'app.cjs', AppModule],
    [
      'the default one of CommonJS',
      { default: { default: AppModule, MailModule, __esModule: true } },
      'app.cjs',
      AppModule,
    ],
  ])('takes %s', (_, exports, given, expected) => {
    expect(chooseModule(exports as Record<string, unknown>, named(given))).toBe(expected);
  });

  it.each<[string, object, string, string]>([
    ['none', { Mail }, 'app.js', 'exports no Nest module (it exports Mail) and does not call TaskWorkerFactory.run()'],
    ['nothing', {}, 'app.js', 'exports no Nest module (it exports nothing)'],
    [
      'two and no word of which',
      { AppModule, MailModule },
      'dist/app.js',
      'exports 2 Nest modules: AppModule, MailModule. Say which one to run: dist/app.js#AppModule or dist/app.js#MailModule',
    ],
    [
      'another name',
      { AppModule, MailModule },
      'app.js#MailModul',
      'has no export "MailModul". Did you mean "MailModule"?',
    ],
    ['a class that is no module', { AppModule, Mail }, 'app.js#Mail', 'names an export "Mail" that is no Nest module'],
  ])('refuses %s', (_, exports, given, message) => {
    expect(() => chooseModule(exports as Record<string, unknown>, named(given))).toThrowError(message);
  });
});
