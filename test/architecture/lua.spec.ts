import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { luaModules } from '../tools/embed-lua.mjs';

describe('scripts of Redis', () => {
  it.each([...luaModules()])('%s says what its scripts say', (file: string, text: string) => {
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
