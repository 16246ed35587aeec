import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

it('links between the pages lead to files that are there, and so do the tests and sources that README names', async () => {
  const pages = ['README.md', 'CONTRIBUTING.md'];
  for (const folder of ['docs/', 'docs/decisions/']) {
    const names = await readdir(new URL(folder, root));
    pages.push(...names.filter((name) => name.endsWith('.md')).map((name) => folder + name));
  }
  const broken: string[] = [];
  for (const page of pages) {
    const url = new URL(page, root);
    const text = await readFile(url, 'utf8');
    for (const [, target] of text.matchAll(/\]\(([^)#\s]+)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      if (!existsSync(new URL(target!, url))) broken.push(`${page}: ${target}`);
    }
  }
  const readme = await readFile(new URL('README.md', root), 'utf8');
  for (const [, file] of readme.matchAll(/`((?:src|test|examples|proxy|shadow)\/[^`]*)`/g)) {
    if (!existsSync(new URL(file!, root))) broken.push(`README.md: ${file}`);
  }
  expect(broken).toEqual([]);
});

it('examples that README tells to start from are in the package', async () => {
  const readme = await readFile(new URL('README.md', root), 'utf8');
  const { files }: { files: readonly string[] } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
  const named = [...readme.matchAll(/`(examples\/[^`]*)`/g)].map(([, file]) => file!);
  expect(named.length).toBeGreaterThan(1);
  for (const file of named)
    expect(
      files.some((each) => file.startsWith(each)),
      file,
    ).toBe(true);
});
