/** What `ordeal init` writes: a configuration that says every default, and a workflow. */

import { stringify } from 'yaml';
import { CONFIG_FILE, parseConfig } from './config-file.ts';

export const SCHEMA_FILE = 'ordeal.schema.json';
export const WORKFLOW_FILE = '.github/workflows/ordeal.yml';

/** A configuration with which a night is as it is without one; a test keeps it so. */
export function nightlyConfigTemplate(): string {
  const { matrices, canaries } = parseConfig('', CONFIG_FILE);
  const [usual] = matrices;
  const faults = usual?.faults.map((set) => `      - [${set.join(', ')}]`) ?? [];
  const entries = canaries.map(
    ({ bug, world, by }) =>
      `  - { bug: ${bug}${world === 'simulator' ? '' : `, world: ${world}`}${by === 'linearizability' ? '' : `, by: ${by}`} }`,
  );
  return `# yaml-language-server: $schema=./${SCHEMA_FILE}
# What a night of \`ordeal nightly\` consists of. Everything here is the default: delete what you don't want to change.

# Wall time of the whole night; with shards, of all of them together.
budget: 30m

# Trials: every combination of workload, set of faults, nodes and reads is a cell, and gets seeds of the day in turn until the
# budget is used up. A second matrix needs a name of its own.
matrices:
  - name: usual
    world: processes
    workloads: ${inline(usual?.workloads)}
    faults:
${faults.join('\n')}
    nodes: ${inline(usual?.nodes)}
    reads: ${inline(usual?.reads)}
    time: 20s
    clients: ${usual?.clients}
    rate: ${usual?.rate}

# Planted bugs that must be caught, or the night is broken: they show that the checkers are awake.
canaries:
${entries.join('\n')}

# Hunting in the simulator: at least this share of the budget.
hunt:
  share: 0.25
  time: 5s
  finds: 3

# How many nights are looked back on, and after how many the records of trials that passed are deleted.
memory:
  nights: 14
  keepTrials: 14
`;
}

function inline(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow' }).trim();
}

export function workflowTemplate(): string {
  return `name: Ordeal
on:
  schedule:
    - cron: '17 2 * * *'
  workflow_dispatch:
    inputs:
      budget:
        description: wall time, for example 30m
        default: 30m
      seed_of:
        description: repeat the plan of this date (2026-11-20); empty is today
        default: ''
permissions:
  contents: read
concurrency:
  group: ordeal-nightly
  cancel-in-progress: false
jobs:
  nightly:
    runs-on: ubuntu-latest
    # The night holds its budget by itself; this is for what can't be thought of.
    timeout-minutes: 350
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 20
          cache: npm
      - run: npm ci
      # The memory across nights: the newest store there is; a first night begins with an empty one.
      - uses: actions/cache/restore@v4
        with:
          path: ordeal-data
          key: ordeal-data-\${{ github.run_id }}-\${{ github.run_attempt }}
          restore-keys: ordeal-data-
      - name: Night
        env:
          BUDGET: \${{ inputs.budget || '30m' }}
          SEED_OF: \${{ inputs.seed_of }}
        run: npx ordeal nightly --budget "$BUDGET" \${SEED_OF:+--seed-of "$SEED_OF"} --out ordeal-nightly --store ordeal-data
      - if: always()
        uses: actions/cache/save@v4
        with:
          path: ordeal-data
          key: ordeal-data-\${{ github.run_id }}-\${{ github.run_attempt }}
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: ordeal-nightly
          path: ordeal-nightly
          retention-days: 30
`;
}
