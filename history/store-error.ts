/** An error of the store that a person can do something about: the message says what, where and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /**
   * `full`: no room left on the disk. `version`: written by another version of the store. `place`: where somebody wants a file to
   * go, none can be.
   */
  readonly code: 'missing' | 'not-a-store' | 'version' | 'busy' | 'full' | 'io' | 'place' | 'no-such-trial';

  constructor(code: StoreError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Translates what SQLite reports into a StoreError; other errors come back as they are. */
export function asStoreError(error: unknown, file: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof StoreError || typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  const said = (error as Error).message;
  if (code === 'SQLITE_FULL')
    return new StoreError(
      'full',
      `no room left to write ${file} (${said}): free some space; what was recorded before is kept`,
    );
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new StoreError('busy', `${file} was locked by another process for too long (${said}): try again`);
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT')
    return new StoreError('not-a-store', `${file} is not a readable SQLite database (${said}): give another directory`);
  return new StoreError('io', `cannot use ${file} (${said}, ${code}): check the disk and the permissions`);
}
