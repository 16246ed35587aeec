// A release must not ship notes that are still headed "Pending".
import { readFileSync } from 'node:fs';

if (/^## Pending/m.test(readFileSync('CHANGELOG.md', 'utf8'))) {
  console.error('CHANGELOG.md still has a "Pending" section: give it the version and the date first.');
  process.exit(1);
}
