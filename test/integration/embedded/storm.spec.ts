import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { checkStore } from './check-store.js';
import { compileProgram, StoreProcess } from './processes.js';

const PROCESSES = 4;
const TOTAL = 20_000;

it(
  `loses and doubles nothing while ${PROCESSES} processes publish, take and settle ${TOTAL} messages at once`,
  { timeout: 180_000 },
  async () => {
    const program = await compileProgram('embedded-process.entry.ts');
    const folder = mkdtempSync(path.join(tmpdir(), 'ntq-storm-'));
    const processes = await Promise.all(
      Array.from({ length: PROCESSES }, () => StoreProcess.start(program.file, `embedded:${folder}`)),
    );
    try {
      const reports = await Promise.all(
        processes.map((each, index) =>
          each.ask<{ published: string[]; settled: string[]; lost: number }>({
            do: 'storm',
            prefix: `p${index}-`,
            share: TOTAL / PROCESSES,
            quietMs: 2_500,
          }),
        ),
      );

      const published = reports.flatMap((report) => report.published);
      const settled = reports.flatMap((report) => report.settled);
      expect(published).toHaveLength(TOTAL);
      expect(settled).toHaveLength(TOTAL);
      expect(new Set(settled)).toEqual(new Set(published));
      expect(reports.map((report) => report.lost)).toEqual(reports.map(() => 0));
      expect(await checkStore(folder, published)).toMatchObject({
        problems: [],
        waiting: 0,
        held: 0,
        parked: 0,
        dead: 0,
      });
    } finally {
      for (const each of processes) await each.signal('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
      program.remove();
    }
  },
);
