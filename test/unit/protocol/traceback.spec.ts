import { describe, expect, it } from 'vitest';
import { formatTraceback, formatTracebackOf, stackOfTraceback } from '../../../lib/protocol/traceback.js';

function errorAt(message: string, place: string, options?: ErrorOptions): Error {
  const error = new Error(message, options);
  error.stack = `Error: ${message}\n    at ${place} (file:///app/${place}.js:1:2)\n    at async run (file:///app/run.js:3:4)`;
  return error;
}

describe('stackOfTraceback', () => {
  it('gives the frames back as JavaScript orders them, without the message', () => {
    const traceback = formatTraceback(errorAt('no\nway', 'send'), String);

    expect(traceback).toMatch(/^Traceback \(most recent call last\):\n {2}File "file:\/\/\/app\/run.js"/);
    expect(stackOfTraceback(traceback)).toBe(
      '\n    at send (file:///app/send.js:1:2)\n    at async run (file:///app/run.js:3:4)',
    );
  });

  it('tells causes after their effect', () => {
    const cause = errorAt('first', 'connect');

    const stack = stackOfTraceback(formatTraceback(errorAt('second', 'send', { cause }), String));

    expect(stack.split('\n')).toEqual([
      '',
      '    at send (file:///app/send.js:1:2)',
      '    at async run (file:///app/run.js:3:4)',
      'Caused by: Error: first',
      '    at connect (file:///app/connect.js:1:2)',
      '    at async run (file:///app/run.js:3:4)',
    ]);
  });

  it.each([
    '',
    formatTracebackOf('text was thrown'),
    'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\nKeyError: 1\n',
  ])('is empty for what has no frames of JavaScript: %j', (traceback) => {
    expect(stackOfTraceback(traceback)).toBe('');
  });
});
