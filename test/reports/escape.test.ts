import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeMarkdown, escapeText, html, scriptJson, trusted, visible } from '../../reports/escape.ts';

describe('text that becomes part of a page', () => {
  test('is never markup, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const markup = html`<p title="${text}">${text}</p>`.markup;
        expect(/[<>"']/.test(escapeText(text)) || markup.split('<').length !== 3).toBe(false);
      }),
    );
  });

  test('shows characters that hide or reorder others', () => {
    expect(visible('a\u0000b\u202ec\u200bd\ud800')).toBe('a\\u0000b\\u202ec\\u200bd\\ud800');
    expect(visible('ordinary, ünïcode, 漢字 and 😀\n')).toBe('ordinary, ünïcode, 漢字 and 😀\n');
  });

  test('stays as it is only where our own code vouches for it', () => {
    expect(html`${trusted('<b>')}${'<b>'}${null}${[1, '&']}`.markup).toBe('<b>&lt;b&gt;1&amp;');
  });

  test('inside a script element ends neither the script nor opens a comment', () => {
    const value = { text: '</script><!--<script>\u2028' };
    expect(scriptJson(value).markup).not.toMatch(/[<\u2028]/);
    expect(JSON.parse(scriptJson(value).markup)).toEqual(value);
  });

  test('inside Markdown is no link, emphasis, cell or HTML', () => {
    expect(escapeMarkdown('[x](http://y) *a* _b_ `c` | <d> \n# e')).toBe(
      '\\[x\\](http://y) \\*a\\* \\_b\\_ \\`c\\` \\| &lt;d>  \\# e',
    );
  });
});
