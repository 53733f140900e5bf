import { describe, expect, it } from 'vitest';
import { compileBlocks, readBlocks, type Block } from './readme-blocks.js';

describe('README.md', () => {
  it('has only code blocks that compile, and the check would find one that does not', () => {
    const blocks = readBlocks('README.md');
    const wrong: Block = {
      file: 'wrong.ts',
      line: 10,
      code: "import { Task } from 'nest-task-queue';\nTask({ nam: 'a' });",
    };

    const errors = compileBlocks([...blocks, wrong]);

    expect(blocks.length).toBeGreaterThan(5);
    expect(errors).toEqual([expect.stringContaining('line 11: ')]);
  }, 60_000);
});
