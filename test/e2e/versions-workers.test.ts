import { describe } from 'vitest';
import { newVersionBesideOneThatServes } from './version-cases.ts';

describe('a new version beside one that serves in live, with 2 workers', () => {
  newVersionBesideOneThatServes(2);
});
