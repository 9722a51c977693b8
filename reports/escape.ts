/**
 * The one place where text becomes markup. Everything a history, a node or a spec can hold is hostile here: `html` escapes
 * all it is given unless it is `Markup` already, and characters that hide or reorder text (controls, bidirectional marks,
 * lone surrogates) are written out as visible escapes before they reach a page, a picture or a terminal.
 */

/** Text that is markup already: only this file makes it, or `trusted` for what our own code wrote. */
export interface Markup {
  readonly markup: string;
}

export type Content = Markup | string | number | null | readonly Content[];

/** Controls, bidirectional formatting, zero-width characters, line separators, specials and lone surrogates. */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Writes characters that can't be seen, or that change the order of others, as `\u202e`; keeps tab and line feed. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (hidden) => `\\u${hidden.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Text for an element or a quoted attribute. */
export function escapeText(text: string): string {
  return visible(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}

/** Marks text that our own code wrote (a style sheet, a bundle, a picture) as markup. Never for recorded text. */
export function trusted(markup: string): Markup {
  return { markup };
}

function render(content: Content): string {
  if (content === null) return '';
  if (typeof content === 'string') return escapeText(content);
  if (typeof content === 'number') return String(content);
  if (Array.isArray(content)) return content.map(render).join('');
  return (content as Markup).markup;
}

/** A template whose holes are escaped; `null` leaves a hole empty, a list is joined. */
export function html(strings: TemplateStringsArray, ...holes: readonly Content[]): Markup {
  let out = strings[0] ?? '';
  for (let i = 0; i < holes.length; i++) out += render(holes[i] ?? null) + (strings[i + 1] ?? '');
  return { markup: out };
}

/** JSON that may stand inside a script element: no `<`, so neither `</script>` nor `<!--` can appear. */
export function scriptJson(value: unknown): Markup {
  return {
    markup: JSON.stringify(value)
      .replace(/</g, '\\u003c')
      .replace(/\u2028/g, '\\u2028')
      .replace(/\u2029/g, '\\u2029'),
  };
}

/** Text inside Markdown: nothing of it is read as emphasis, a link, a table cell or HTML. */
export function escapeMarkdown(text: string): string {
  return visible(text)
    .replace(/\n/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_[\]|~#]/g, '\\$&');
}

/** Wide content in a box of its own that scrolls, reachable by keyboard and named for a screen reader. */
export function scrolling(name: string, content: Markup): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${name}">${content}</div>`;
}
