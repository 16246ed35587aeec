// Writes docs/errors.md from the catalogue of error codes. Run it after a build, whenever the catalogue has changed.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const head = `# Errors

Every error that fig shows has a code. This page is written by \`node scripts/write-error-docs.js\` from
\`src/kernel/error-codes.ts\`; a test keeps the two equal.

| code | what it means | what to do |
|---|---|---|
`;

/** The page for a catalogue of { CODE: { meaning, remedy } }, in the order of the codes. */
export function errorDocs(catalogue) {
  const rows = Object.entries(catalogue)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { meaning, remedy }]) => `| \`${code}\` | ${cell(meaning)} | ${cell(remedy)} |`);
  return `${head}${rows.join('\n')}\n`;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { errorCodes } = await import('../dist/src/kernel/error-codes.js');
  const file = fileURLToPath(new URL('../docs/errors.md', import.meta.url));
  const page = errorDocs(errorCodes);
  let before = '';
  try {
    before = readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  writeFileSync(file, page);
  process.stdout.write(before === page ? 'docs/errors.md was up to date\n' : 'docs/errors.md written\n');
}
