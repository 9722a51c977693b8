/** Reading a night's configuration: YAML, every problem with the line it is in and what to write instead. */

import { readFileSync, statSync } from 'node:fs';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { InputError, unknownName } from '../input-error.ts';
import { type NightlyConfig, nightlyConfigSchema } from './config.ts';

export const CONFIG_FILE = 'ordeal.yaml';
const FILE_BYTES_MAX = 1_000_000;
const PROBLEMS_MAX = 10;

/** Reads a configuration file. Throws InputError that names file, line, place and a remedy, one problem a line. */
export function readConfig(file: string): NightlyConfig {
  let text: string;
  try {
    if (statSync(file).size > FILE_BYTES_MAX)
      throw new InputError(`${file} is larger than ${FILE_BYTES_MAX} bytes: is it a configuration?`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `cannot read ${file} (${(error as NodeJS.ErrnoException).code}): \`ordeal init\` writes a configuration`,
    );
  }
  return parseConfig(text, file);
}

/** `file` is the name that problems are told with. Throws InputError. */
export function parseConfig(text: string, file: string): NightlyConfig {
  const lines = new LineCounter();
  // A document that refers to itself a million times is refused by the parser's own limit on aliases.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [broken] = document.errors;
  if (broken !== undefined)
    throw new InputError(`${file}:${lines.linePos(broken.pos[0]).line}: no YAML: ${broken.message}`);
  let input: unknown;
  try {
    input = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw new InputError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = nightlyConfigSchema.safeParse(input);
  if (parsed.success) return parsed.data;

  const lineOf = (path: readonly PropertyKey[], key?: string): number => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
      if (key !== undefined && depth === path.length && isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
        const range = isScalar(pair?.key) ? pair.key.range : undefined;
        if (range) return lines.linePos(range[0]).line;
      }
      const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
      if (range) return lines.linePos(range[0] ?? 0).line;
    }
    return 1;
  };
  const problems = parsed.error.issues.flatMap((issue) => {
    const where = issue.path.map(String).join('.');
    const at = (line: number, problem: string): string =>
      `${file}:${line}: ${where === '' ? '' : `${where}: `}${problem}`;
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => at(lineOf(issue.path, key), unknownName('key', key, keysAt(issue.path))));
    const line = lineOf(issue.path);
    if (issue.code === 'invalid_value')
      return [at(line, unknownName('value', String(valueAt(input, issue.path)), issue.values.map(String)))];
    return [at(line, issue.message)];
  });
  const more = problems.length > PROBLEMS_MAX ? `\n… and ${problems.length - PROBLEMS_MAX} more problems` : '';
  throw new InputError(`${problems.slice(0, PROBLEMS_MAX).join('\n')}${more}`);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], input);
}

interface SchemaNode {
  readonly properties?: { readonly [key: string]: SchemaNode };
  readonly items?: SchemaNode;
}

/** The keys that may stand at a place. */
function keysAt(path: readonly PropertyKey[]): string[] {
  const root = z.toJSONSchema(nightlyConfigSchema, { io: 'input' }) as SchemaNode;
  const node = path.reduce<SchemaNode | undefined>(
    (at, key) => (typeof key === 'number' ? at?.items : at?.properties?.[String(key)]),
    root,
  );
  return Object.keys(node?.properties ?? {});
}
