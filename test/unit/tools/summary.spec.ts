import { describe, expect, it } from 'vitest';
import { faultMatrix, missingServerMark, standInMark, summarise, totalsLine } from '../../tools/summary.mjs';

type Status = 'passed' | 'failed' | 'skipped';

const test = (status: Status, ...ancestorTitles: string[]) => ({
  status,
  title: 'a test',
  ancestorTitles,
  failureMessages: [] as string[],
});
const file = (assertionResults: ReturnType<typeof test>[], status = 'passed', message = '') => ({
  name: '/a/b.spec.ts',
  status,
  message,
  assertionResults,
});
const run = (testResults: ReturnType<typeof file>[], exitCode = 0) => ({
  suite: 'unit',
  exitCode,
  report: { testResults },
});

describe('summary of a test run', () => {
  it('adds up what every suite reported', () => {
    const summary = summarise(
      [
        run([file([test('passed'), test('failed')], 'failed')], 1),
        run([file([test('passed'), test('skipped', 'solar')])]),
      ],
      { ci: false },
    );

    expect(totalsLine(summary)).toBe('2 passed, 1 failed, 1 skipped');
  });

  it('names each failed test with the first lines of its error', () => {
    const failureMessages = [['expected 1 to be 2', ...Array.from({ length: 50 }, () => '  at x')].join('\n')];
    const summary = summarise([run([file([{ ...test('failed', '', 'sums'), failureMessages }], 'failed')], 1)], {
      ci: false,
    });

    const [named, ...error] = summary.problems.join().split('\n');
    expect(named).toBe('/a/b.spec.ts > sums > a test');
    expect(error[0]).toBe('    expected 1 to be 2');
    expect(error).toHaveLength(20);
  });

  it('fails a run in which no test was executed', () => {
    const summary = summarise([], { ci: false });

    expect(summary).toMatchObject({ failed: 1, problems: ['No test was run.'] });
  });

  it('fails a file that could not be loaded, with its message', () => {
    const summary = summarise([run([file([], 'failed', 'Cannot find module x'), file([test('passed')])], 1)], {
      ci: false,
    });

    expect(summary).toMatchObject({ passed: 1, failed: 1, problems: ['/a/b.spec.ts: Cannot find module x'] });
  });

  it('fails a suite that ended badly though its tests passed', () => {
    const summary = summarise([run([file([test('passed')])], 1)], { ci: false });

    expect(summary.failed).toBe(1);
    expect(summary.problems[0]).toContain('"unit" ended with code 1');
  });

  it('fails a suite that left no report', () => {
    const summary = summarise([run([file([test('passed')])]), { suite: 'build', exitCode: 1, report: undefined }], {
      ci: false,
    });

    expect(summary).toMatchObject({ passed: 1, failed: 1 });
  });

  it('names a server that could not be had, with the tests it cost', () => {
    const missing = `${missingServerMark}redis: no binary`;

    const summary = summarise(
      [run([file([test('skipped', missing, 'x'), test('skipped', missing), test('passed')])])],
      {
        ci: false,
      },
    );

    expect([...summary.missing]).toEqual([['redis: no binary', 2]]);
    expect(summary).toMatchObject({ failed: 0, skipped: 2 });
  });

  it('fails with CI=true when a server could not be had', () => {
    const missing = `${missingServerMark}redis: no binary`;

    const summary = summarise([run([file([test('skipped', missing), test('passed')])])], { ci: true });

    expect(summary).toMatchObject({ passed: 1, failed: 1, skipped: 1 });
    expect(summary.problems[0]).toContain('redis: no binary');
  });

  it('counts a second source as had, and names it', () => {
    const standIn = `${standInMark}celery (Debian's Celery 5.2.6, as PyPI is not there)`;

    const summary = summarise([run([file([test('passed', standIn, 'x'), test('skipped', standIn), test('passed')])])], {
      ci: true,
    });

    expect([...summary.standIns]).toEqual([["celery (Debian's Celery 5.2.6, as PyPI is not there)", 1]]);
    expect(summary).toMatchObject({ passed: 2, failed: 0 });
  });

  it('lists tests skipped for another reason by their group', () => {
    const summary = summarise([run([file([test('skipped', 'broker: memory', 'fanout'), test('passed')])])], {
      ci: true,
    });

    expect([...summary.notApplicable]).toEqual([['broker: memory > fanout', 1]]);
    expect(summary.failed).toBe(0);
  });
});

describe('the matrix of pools and faults', () => {
  const covering = (status: Status, pool: string, fault: string, isRefused = false) => ({
    ...test(status),
    meta: { covers: [{ pool, fault, isRefused }] },
  });

  it('has a row a fault and a column a pool, and names the cells that no test covers', () => {
    const { lines, uncovered } = faultMatrix([
      run([
        file([covering('passed', 'prefork', 'crash'), covering('passed', 'solo', 'recycle', true), test('passed')]),
      ]),
    ]);

    expect(lines.map((line) => line.split(/ {2,}/))).toContainEqual(['crash', 'passed', '–', '–', '–']);
    expect(lines.map((line) => line.split(/ {2,}/))).toContainEqual(['recycle', '–', '–', '–', 'refused']);
    expect(uncovered).toContain('prefork × hang');
    expect(uncovered).not.toContain('prefork × crash');
  });

  it('shows a cell as failed when one of its tests has', () => {
    const [failed, passed] = [covering('failed', 'async', 'hang'), covering('passed', 'async', 'hang')];

    for (const order of [
      [failed, passed],
      [passed, failed],
    ]) {
      const { lines } = faultMatrix([run([file(order)])]);
      expect(lines.join('\n')).toMatch(/^hang .*FAILED/m);
    }
  });

  it('is left out where no test covers a cell', () => {
    expect(faultMatrix([run([file([test('passed')])])])).toEqual({ lines: [], uncovered: [] });
  });
});
