import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StallGuard } from '../../../lib/bootstrap/stall-guard/stall-guard.js';

describe('StallGuard', () => {
  it('tells of its thread when that ends, and takes nothing else along', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-guard-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));

    const told = await new Promise<string>((warn) => {
      // The sources are TypeScript, which a thread of its own cannot load here: a thread that fails.
      const guard = new StallGuard({
        keeper: { url: `embedded:${folder}`, options: {}, owner: 'nobody' },
        backend: undefined,
        stallWarningMs: 1_000,
        stallTimeoutMs: undefined,
        log: { warn },
      });
      onTestFinished(() => guard.close());
    });

    expect(told).toMatch(/^The guard of this worker's event loop ended: ./);
  });
});
