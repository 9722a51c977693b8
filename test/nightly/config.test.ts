import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { nightlyJsonSchema } from '../../trial/nightly/config.ts';
import { parseConfig } from '../../trial/nightly/config-file.ts';
import { nightlyConfigTemplate, workflowTemplate } from '../../trial/nightly/templates.ts';

const said = (text: string): string => {
  try {
    parseConfig(text, 'ordeal.yaml');
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`nothing was said against:\n${text}`);
};

describe('the configuration of a night', () => {
  it('says of an unknown key which line it is in and which key was meant', () => {
    const text = 'budget: 10m\nmatrices:\n  - name: mine\n    worklods: [register]\n';
    expect(said(text)).toMatch(/^ordeal\.yaml:4: matrices\.0: unknown key "worklods" \(did you mean "workloads"\?\)/);
    expect(said('\nbuget: 10m\n')).toMatch(/^ordeal\.yaml:2: unknown key "buget" \(did you mean "budget"\?\)/);
  });

  it('says of an unknown workload, fault, bug or kind which one was meant', () => {
    const matrix = (entry: string): string => said(`matrices:\n  - ${entry}\n`);
    expect(matrix('workloads: [regster]')).toMatch(/:2: .*unknown value "regster" \(did you mean "register"\?\)/);
    expect(matrix('faults: [[kil]]')).toMatch(/did you mean "kill"/);
    expect(said('canaries: [{ bug: no-dedup }]')).toMatch(/:1: .*did you mean "no-dedupe"/);
    expect(said('canaries: [{ bug: no-dedupe, by: liveliness }]')).toMatch(/did you mean "liveness"/);
  });

  it('tells all problems at once, each with its line', () => {
    const lines = said('budget: soon\nhunt:\n  share: 7\n  time: 3\nmemory: 5\n').split('\n');
    expect(lines.map((line) => line.split(':')[1]).sort()).toEqual(['1', '3', '4', '5']);
  });

  it('refuses what is no YAML, no mapping, or a bomb of aliases', () => {
    expect(said('budget: [1')).toMatch(/^ordeal\.yaml:\d+: no YAML/);
    expect(said('budget: 1m\nbudget: 2m')).toMatch(/:2: no YAML: .*unique/);
    expect(said('- 1')).toMatch(/expected object/);
    const bomb = [
      'a: &a [x]',
      ...'bcdefgh'.split('').map((name, at) => {
        const before = 'abcdefgh'[at];
        return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
      }),
    ];
    expect(said(bomb.join('\n'))).toMatch(/alias/);
  });

  it('has a schema for editors that accepts and refuses as it does itself', () => {
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(nightlyJsonSchema()) as object);
    const texts = [
      nightlyConfigTemplate(),
      '{}',
      'budget: 5',
      'budgets: 5m',
      'canaries: []',
      'corpus: null',
      'canaries: [{}]',
      'canaries: [{ bug: no-dedupe, tries: 0 }]',
      'matrices: [{ workloads: [] }]',
      'matrices: [{ faults: [[kill], []], nodes: [3, 5], reads: [lease], time: 500ms }]',
      'hunt: { share: 2 }',
    ];
    for (const text of texts) {
      let accepted = true;
      try {
        parseConfig(text, 'ordeal.yaml');
      } catch {
        accepted = false;
      }
      expect(validate(parse(text)), text).toBe(accepted);
    }
  });

  it('as `ordeal init` writes it changes nothing', () => {
    expect(parseConfig(nightlyConfigTemplate(), 'ordeal.yaml')).toEqual(parseConfig('', 'ordeal.yaml'));
  });
});

describe('the workflow', () => {
  it('is YAML that passes inputs by the environment, never into a script', () => {
    const { jobs } = parse(workflowTemplate()) as { jobs: { nightly: { steps: { run?: string }[] } } };
    const scripts = jobs.nightly.steps.flatMap(({ run }) => run ?? []);
    expect(scripts.some((script) => script.includes('ordeal nightly'))).toBe(true);
    for (const script of scripts) expect(script).not.toContain('${{');
  });
});
