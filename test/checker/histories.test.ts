import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkedFileJson, checkFiles } from '../../checker/check-files.ts';

const FOLDER = fileURLToPath(new URL('./histories', import.meta.url));
const VERDICTS = JSON.parse(readFileSync(join(FOLDER, 'verdicts.json'), 'utf8')) as {
  readonly [file: string]: { readonly model: string; readonly valid: boolean };
};

test('all 95 histories that others recorded get the verdict that others gave them, by content alone', async () => {
  const found: { [file: string]: { model: string | null; valid: true | false | 'unknown' } } = {};
  const skipped: string[] = [];
  for await (const checked of checkFiles([FOLDER], {
    onSkipped: (path) => skipped.push(path.slice(FOLDER.length + 1)),
  })) {
    found[checked.file.slice(FOLDER.length + 1).replace(/\.gz$/, '')] = { model: checked.model, valid: checked.valid };
    expect(checked.error).toBeNull();
    expect((checked.verdict?.anomalies.length ?? 0) > 0).toBe(checked.valid === false);
    expect(JSON.parse(JSON.stringify(checkedFileJson(checked)))).toMatchObject({
      file: checked.file,
      ops: checked.ops,
    });
  }
  expect(found).toEqual(VERDICTS);
  expect(Object.keys(found)).toHaveLength(95);
  expect(skipped.sort()).toEqual(['README.md', 'verdicts.json']);
});
