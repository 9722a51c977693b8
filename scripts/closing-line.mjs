// Prints "N passed, N failed, N skipped" from vitest's JSON record and exits as CI should: never 0 without a test that ran.
import { readFileSync } from 'node:fs';

const [file, status] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const record = JSON.parse(readFileSync(file, 'utf8'));
  passed = record.numPassedTests;
  failed = record.numFailedTests;
  skipped = record.numPendingTests + (record.numTodoTests ?? 0);
} catch {
  console.error('no record of the test run: types, lint or formatting failed before it, or the runner died');
}
const code = Number(status) !== 0 ? Number(status) : passed === 0 || failed > 0 ? 1 : 0;
if (code !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(code);
