import { defineConfig } from 'vitest/config';

const results = process.env.ORDEAL_TEST_RESULTS;

export default defineConfig({
  test: {
    setupFiles: ['test/setup.ts'],
    include: ['test/**/*.test.ts', 'checker/porcupine-ts/test/**/*.test.ts'],
    // Generous: a timeout guards against a hang, it measures nothing.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    // CI reads the counts of its closing line from the JSON record.
    reporters: results ? ['default', ['json', { outputFile: results }]] : ['default'],
  },
});
