/** Copy buttons, also where the clipboard is closed to a page from a file. */

export function wireCopyButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]'))
    button.addEventListener('click', () => {
      void copyText(button.dataset.copy ?? '').then((copied) => {
        const before = 'Copy';
        button.textContent = copied ? 'Copied' : 'Press Ctrl+C';
        setTimeout(() => {
          button.textContent = before;
        }, 1600);
      });
    });
}

/** Puts text into the clipboard; false when the browser does not let a page do so. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'offscreen';
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    return copied;
  }
}
