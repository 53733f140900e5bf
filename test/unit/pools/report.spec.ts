import { describe, expect, it } from 'vitest';

import { decodeReport, encodeReport } from '../../../lib/pools/child/report.js';

class Redis {
  readonly host = 'localhost';
}

describe('the report of a child', () => {
  it('arrives equal where it is plain', () => {
    const shared = { tls: new Uint8Array([1, 2]) };
    const report = {
      tasks: ['a', 'b'],
      at: new Date(0),
      queues: new Map([['celery', 10n]]),
      seen: new Set([1]),
      nothing: undefined,
      shared,
      again: shared,
      cause: new RangeError('x'),
      bare: Object.assign(Object.create(null) as object, { a: 1 }),
    };

    expect(decodeReport(encodeReport(report))).toEqual(report);
  });

  it('follows no circle twice', () => {
    const report: { self?: unknown } = {};
    report.self = report;

    const arrived = decodeReport(encodeReport(report)) as { self: unknown };
    expect(arrived.self).toBe(arrived);
  });

  it('is one line', () => {
    expect(encodeReport({ text: 'a\tb\n'.repeat(100) })).not.toMatch(/[\n\t]/);
  });

  it.each([
    ['report.broker.logger', 'the function log', { broker: { logger: function log() {} } }],
    ['report.hooks[1]', 'the function (anonymous)', { hooks: [1, () => 1] }],
    ['report.client', 'an instance of Redis', { client: new Redis() }],
    ['report.key', 'Symbol(k)', { key: Symbol('k') }],
    ['report.byQueue.celery', 'an instance of Redis', { byQueue: new Map([['celery', new Redis()]]) }],
    ['report', 'an instance of Redis', new Redis()],
  ])('is refused where %s is %s', (path, received, report) => {
    expect(() => encodeReport(report)).toThrowError(
      expect.objectContaining({ code: 'TQ_CHILD_REPORT', path, received }),
    );
  });
});
