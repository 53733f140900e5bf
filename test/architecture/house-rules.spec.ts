import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../tools/paths.mjs';
import { filesBelow } from '../tools/tree.mjs';
import { house } from './house.js';
import { rules, type Manifest, type Tree } from './rules.js';
import { readSource } from './source-file.js';

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');

function wholeTree(): Tree {
  const specs = [...filesBelow(projectRoot, 'test'), ...filesBelow(projectRoot, 'sample')].filter((file) =>
    file.endsWith('.spec.ts'),
  );
  const sources = filesBelow(projectRoot, 'lib').filter((file) => file.endsWith('.ts'));
  return {
    house,
    manifest: JSON.parse(read('package.json')) as Manifest,
    files: [...sources, ...specs].map((file) => readSource(file, read(file))),
  };
}

describe('the house', () => {
  const tree = wholeTree();

  it.each([...rules])('%s', (_sentence, rule) => {
    expect(rule(tree)).toEqual([]);
  });

  it('has no exception for a table that is gone', () => {
    const paths = new Set(tree.files.map((file) => file.path));

    expect(house.tables.filter((table) => !paths.has(table))).toEqual([]);
  });
});
