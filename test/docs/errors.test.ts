import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { errorDocs } from '../../scripts/write-error-docs.js';
import { errorCodes } from '../../src/kernel/error-codes.ts';

it('the page of error codes equals the catalogue; after a change run: npm run build && node scripts/write-error-docs.js', async () => {
  const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  expect(page).toBe(errorDocs(errorCodes));
});
