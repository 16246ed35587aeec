import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const { services } = parse(readFileSync(`${root}docker-compose.yml`, 'utf8')) as {
  services: Readonly<Record<string, Service>>;
};

test('docker-compose.yml has the database, the broker, the shop and fig', () => {
  expect(Object.keys(services).toSorted()).toEqual(['fig', 'kafka', 'postgres', 'shop']);
});

test('every file that a container starts is built from a source that exists', () => {
  const started = Object.values(services).flatMap(
    ({ command = [] }) => command.join(' ').match(/dist\/\S+\.js/g) ?? [],
  );
  expect(started.length).toBeGreaterThan(2);
  for (const file of started) {
    const source = `${root}${file.replace(/^dist\//, '').replace(/\.js$/, '.ts')}`;
    expect(existsSync(source), source).toBe(true);
  }
});

test('every service that another one waits for is there', () => {
  for (const { depends_on = {} } of Object.values(services)) {
    for (const name of Object.keys(depends_on)) expect(Object.keys(services)).toContain(name);
  }
});
