import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/support/slow-first.ts';

const resolve = { alias: { 'strangler-fig': fileURLToPath(new URL('./src/index.ts', import.meta.url)) } };
const budgets = { testTimeout: 30_000, hookTimeout: 60_000 };
/** What measures the memory of its own process has one. */
const apart = ['test/shadow/waiting-memory.test.ts', 'test/proxy/upstream/taken-memory.test.ts'];

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    maxWorkers: 2,
    sequence: { sequencer: SlowFirst },
    passWithNoTests: false,
    dangerouslyIgnoreUnhandledErrors: false,
    projects: [
      // A process and its modules serve one test file after the other: to start and to load them 500 times took minutes.
      {
        resolve,
        test: { ...budgets, name: 'together', include: ['test/**/*.test.ts'], exclude: apart, isolate: false },
      },
      { resolve, test: { ...budgets, name: 'apart', include: apart } },
    ],
  },
});
