import { defineConfig } from 'vitest/config';

const results = process.env.ORDEAL_TEST_RESULTS;

export default defineConfig({
  test: {
    setupFiles: ['test/setup.ts'],
    include: ['test/**/*.test.ts', 'checker/porcupine-ts/test/**/*.test.ts'],
    // Generous: a timeout guards against a hang, it measures nothing, and a machine may be starved.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 2,
    // CI reads the counts of its closing line from the JSON record.
    reporters: results ? ['default', ['json', { outputFile: results }]] : ['default'],
  },
});
