/**
 * A night as JUnit XML, as Jenkins, GitLab and others read it: one suite for each kind of item, one case for each item. A
 * violation is a failure, and so is a vacuous trial, as it should have tested something; broken and unknown are errors, and so
 * is what was not run: a night that was cut short must not look green.
 */

import type { Night, NightItem, NightItemKind } from '../../history/night-records.ts';
import { escapeText } from '../escape.ts';
import { sentenceOfNight } from './outcome.ts';

const SUITES: { readonly [kind in NightItemKind]: string } = {
  corpus: 'regression corpus',
  canary: 'canaries',
  trial: 'trials',
  hunt: 'hunt',
};

export function renderJUnit(night: Night): string {
  const suites = (Object.keys(SUITES) as NightItemKind[])
    .map((kind) => ({ kind, items: night.items.filter((item) => item.kind === kind) }))
    .filter(({ items }) => items.length > 0);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: `ordeal nightly ${night.id}`, ...countsOf(night.items) })}>`,
    ...suites.flatMap(({ kind, items }) => suite(night, kind, items)),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function suite(night: Night, kind: NightItemKind, items: readonly NightItem[]): string[] {
  const timestamp = new Date(night.startedAt).toISOString().slice(0, 19);
  return [
    `<testsuite${attributes({ name: SUITES[kind], ...countsOf(items), skipped: '0', timestamp, hostname: night.host })}>`,
    '<properties>',
    ...Object.entries({
      date: night.date,
      plan: night.plan,
      version: night.version,
      commit: night.commit ?? 'unknown',
      sentence: sentenceOfNight(night),
    }).map(([name, value]) => `<property${attributes({ name, value })}/>`),
    '</properties>',
    ...items.flatMap((item) => testcase(item)),
    '</testsuite>',
  ];
}

function testcase(item: NightItem): string[] {
  const shard = item.shard === null ? '' : ` (shard ${item.shard})`;
  const open = `<testcase${attributes({
    name: `${item.id}${shard}`,
    classname: `ordeal.${item.kind}`,
    time: seconds(item.wallMs ?? 0),
  })}`;
  const element = elementOf(item);
  if (element === null) return [`${open}/>`];
  const type = item.outcome ?? 'not-run';
  const body = [
    item.sentence,
    ...(item.again === null ? [] : [`again: ${item.again}`]),
    ...(item.report === null ? [] : [`report: ${item.report}`]),
    ...(item.fingerprint === null ? [] : [`fingerprint: ${item.fingerprint.id} ${item.fingerprint.title}`]),
  ];
  return [
    `${open}>`,
    `<${element}${attributes({ type, message: item.sentence || `it is ${item.state}` })}>${escapeText(body.join('\n'))}</${element}>`,
    '</testcase>',
  ];
}

function elementOf({ outcome }: NightItem): 'failure' | 'error' | null {
  switch (outcome) {
    case 'pass':
      return null;
    case 'violation':
    case 'vacuous':
      return 'failure';
    default:
      return 'error';
  }
}

function countsOf(items: readonly NightItem[]): { readonly [name: string]: string } {
  const elements = items.map(elementOf);
  return {
    tests: String(items.length),
    failures: String(elements.filter((element) => element === 'failure').length),
    errors: String(elements.filter((element) => element === 'error').length),
    time: seconds(items.reduce((sum, { wallMs }) => sum + (wallMs ?? 0), 0)),
  };
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function attributes(values: { readonly [name: string]: string }): string {
  // A line feed in an attribute is read as a space: written as one.
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeText(value.replace(/\s+/g, ' '))}"`)
    .join('');
}
