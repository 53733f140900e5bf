import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/tools/longest-first.js';
import { suites } from './test/tools/suites.mjs';

const library = (file: string) => fileURLToPath(new URL(`./lib/${file}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^nest-task-queue$/, replacement: library('index.ts') },
      { find: /^nest-task-queue\/testing$/, replacement: library('testing/index.ts') },
    ],
  },
  test: {
    setupFiles: ['test/setup.ts'],
    allowOnly: false,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: suites.map(({ name, folders, except = [], processes, shared = false, parallel = !processes }) => ({
      extends: true,
      test: {
        name,
        include: folders.map((folder) => `${folder}/**/*.spec.ts`),
        exclude: except.map((folder) => `${folder}/**`),
        isolate: !shared,
        restoreMocks: true,
        unstubEnvs: true,
        unstubGlobals: true,
        ...(processes
          ? {
              globalSetup: ['test/tools/global-setup.ts'],
              fileParallelism: parallel,
              testTimeout: 60_000,
              hookTimeout: 60_000,
            }
          : { testTimeout: 10_000 }),
      },
    })),
  },
});
