import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import type { NightItem } from '../../history/night-records.ts';
import { annotationsOf } from '../../reports/nightly/annotations.ts';
import { renderIndex } from '../../reports/nightly/index-page.ts';
import { renderJUnit } from '../../reports/nightly/junit.ts';
import { nightPage } from '../../reports/nightly/night-page.ts';
import { exitCodeOfNight, outcomeOfNight, sentenceOfNight } from '../../reports/nightly/outcome.ts';
import { renderSummary } from '../../reports/nightly/summary.ts';
import { failing, item, night } from './nights.ts';

const HOSTILE = '<b>&"\'</b> ]]> `x` | **y** \u0000\u001b[31m\u202e ::error::%0A\n::warning::z\r\n</script>';
const canary = item({ id: 'canary/simulator/no-dedupe', kind: 'canary', sentence: 'caught' });
const hunt = item({ id: 'hunt', kind: 'hunt' });
const waiting = item({ id: 'trial/later', state: 'not-run', outcome: null, sentence: 'not run: no time' });
const each: readonly NightItem[] = [
  canary,
  item(),
  failing('violation', 'stale read', {
    id: 'trial/v',
    report: 'reports/v.html',
    again: 'npx ordeal repro bundles/v.ordeal',
  }),
  failing('vacuous', 'too little', { id: 'trial/vac' }),
  failing('unknown', 'out of time', { id: 'trial/unk' }),
  failing('broken', 'node n1 did not start', { id: 'trial/b' }),
  waiting,
  hunt,
];
const hostile = failing('violation', HOSTILE, { id: `trial/${HOSTILE}`, title: HOSTILE, again: HOSTILE });

async function validate(xml: string): Promise<readonly string[]> {
  const schema = readFileSync(new URL('./junit.xsd', import.meta.url), 'utf8');
  const { errors } = await validateXML({
    xml: [{ fileName: 'junit.xml', contents: xml }],
    schema: [{ fileName: 'junit.xsd', contents: schema }],
  });
  return errors.map(({ rawMessage }) => rawMessage);
}

describe('the outcome of a night', () => {
  const outcome = (...items: NightItem[]) => outcomeOfNight(night(1, items));
  it('is its worst item: violation, broken, unknown, vacuous, pass', () => {
    expect(outcome(...each)).toBe('violation');
    expect(outcome(hunt, failing('broken', ''), failing('unknown', ''))).toBe('broken');
    expect(outcome(hunt, failing('vacuous', ''), failing('unknown', ''))).toBe('unknown');
    expect(outcome(hunt, failing('vacuous', ''))).toBe('vacuous');
    expect(outcome(hunt, canary)).toBe('pass');
    expect([exitCodeOfNight(night(1, each)), exitCodeOfNight(night(1, [hunt]))]).toEqual([1, 0]);
    expect(exitCodeOfNight(night(1, [hunt], { interrupted: true }))).toBe(130);
  });

  it('is never green without a trial, with something left out, or without its canary', () => {
    expect(outcome()).toBe('vacuous');
    expect(outcome(canary)).toBe('vacuous');
    expect(outcome(hunt, waiting)).toBe('unknown');
    expect(outcome(hunt, { ...canary, state: 'not-run', outcome: null })).toBe('broken');
  });

  it('is told in a sentence that leaves nothing out', () => {
    expect(sentenceOfNight(night(1, each))).toBe(
      'The night of 2026-11-01 found 1 violation, had 1 item whose harness failed, left 1 item undecided, ' +
        'had 1 trial in which too little happened and did not run 1 item of its plan.',
    );
    expect(sentenceOfNight(night(1, [failing('broken', 'missed', { kind: 'canary' })]))).toMatch(
      /missed 1 of its canaries, so a pass proves nothing\.$/,
    );
    expect(sentenceOfNight(night(1, [hunt]))).toMatch(/passed/);
  });
});

describe('the JUnit file', () => {
  it('is valid for what CI systems read, however hostile the text', async () => {
    expect(await validate(renderJUnit(night(1, [...each, hostile])))).toEqual([]);
    expect(await validate(renderJUnit(night(1, [])))).toEqual([]);
    expect(await validate(renderJUnit(night(1, each)).replace('tests="8"', 'tests="eight"'))).not.toEqual([]);
  });

  it('counts violations and vacuous trials as failures, the broken, unknown and left out as errors', () => {
    const xml = renderJUnit(night(1, each));
    expect(xml).toMatch(/<testsuites [^>]*tests="8" failures="2" errors="3"/);
    const kinds = [...xml.matchAll(/<(failure|error) type="([\w-]+)"/g)].map(
      ([, element, type]) => `${element} ${type}`,
    );
    expect(kinds).toEqual(['failure violation', 'failure vacuous', 'error unknown', 'error broken', 'error not-run']);
  });
});

describe('the annotations', () => {
  it('are one line each, in which nothing recorded begins a command of its own', () => {
    const lines = annotationsOf(nightPage(night(1, [hunt, hostile, failing('vacuous', HOSTILE)]), []));
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line).toMatch(/^::(error|warning) title=[^:,]*::/);
      expect(line).not.toMatch(/[\r\n]/);
    }
  });

  it('are none for a pass, and no more than GitHub shows', () => {
    expect(annotationsOf(nightPage(night(1, [hunt]), []))).toEqual([]);
    const words = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff', 'gg', 'hh', 'ii', 'jj', 'kk', 'll', 'mm'];
    const lines = annotationsOf(
      nightPage(
        night(
          1,
          words.map((word) => failing('violation', word)),
        ),
        [],
      ),
    );
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toMatch(/5 more failures: see the summary/);
  });
});

describe('the summary', () => {
  it('says new, seen, and gone', () => {
    const earlier = [night(1, [failing('violation', 'old')]), night(2, [failing('violation', 'stale read')])];
    const text = renderSummary(
      nightPage(night(3, [hunt, canary, failing('violation', 'stale read'), failing('broken', 'fresh')]), earlier),
    );
    expect(text).toContain('seen on 1 of the last 2 nights');
    expect(text).toContain('**new**: not seen on the last 2 nights');
    expect(text).toMatch(/### Gone since[\s\S]*old .*last seen on 2026-11-01/);
  });

  it('is kept small, and nothing in it is read as markup', () => {
    const many = Array.from({ length: 3000 }, (_, at) =>
      failing('violation', `${HOSTILE} ${String.fromCharCode(97 + (at % 26)).repeat(1 + (at % 40))}`, {
        id: `trial/${at}`,
      }),
    );
    const text = renderSummary(nightPage(night(1, [hostile, ...many]), []));
    expect(text.length).toBeLessThan(70_000);
    const outsideOfCode = text.split('\n').filter((line) => !line.startsWith('      '));
    expect(outsideOfCode.join('\n')).not.toMatch(/<b>|^::/m);
    expect(text).not.toContain('\u202e');
  });
});

describe('the page', () => {
  it('escapes what was recorded and asks for nothing from anywhere', () => {
    const page = renderIndex(nightPage(night(1, [...each, hostile]), [night(0, [])]));
    expect(page).not.toContain('<b>&');
    expect(page).not.toContain('\u202e');
    expect(page).not.toMatch(/<script|https?:\/\/|url\([^#]/);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('href="reports/v.html"');
  });
});
