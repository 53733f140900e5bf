import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../fixtures/wire/', import.meta.url);

function listed(): Map<string, string> {
  const lines = readFileSync(new URL('SHA256SUMS', folder), 'utf8').trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [sum = '', file = ''] = line.split(/\s+\.\//);
      return [file, sum];
    }),
  );
}

function present(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\.(json|pem)$/.test(file));
}

describe('recorded wire fixtures', () => {
  it('are listed with their checksum, each one', () => {
    expect(present().sort()).toEqual([...listed().keys()].sort());
  });

  it.each([...listed()])('%s is as it was recorded', (file, sum) => {
    const bytes = readFileSync(new URL(file, folder));

    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sum);
  });
});
