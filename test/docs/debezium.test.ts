import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { judgeConnector } from '../../src/sync/kafka/debezium/connector-settings.ts';

test('the connector that the docs show has every setting that fig needs', async () => {
  const page = await readFile(new URL('../../docs/debezium.md', import.meta.url), 'utf8');
  const [, json] = /--data '(\{[^]*?\n\})'/.exec(page)!;
  const { config } = JSON.parse(json!) as { readonly config: Readonly<Record<string, string>> };
  expect(judgeConnector(config)).toEqual([]);
  expect(judgeConnector({ ...config, 'skipped.operations': 't' })).toHaveLength(1);
  // What the table names besides.
  for (const name of ['decimal.handling.mode', 'interval.handling.mode']) expect(config[name]).toBe('string');
});
