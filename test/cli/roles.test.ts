import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { run } from './run-cli.ts';

afterEach(() => vi.unstubAllEnvs());

const config = fileURLToPath(new URL('../../examples/shop/fig.config.ts', import.meta.url));

test('fig sync capture and project are refused where nothing carries events from one to the other', async () => {
  vi.stubEnv('LEGACY_DATABASE_URL', 'postgres://127.0.0.1:1/none');
  vi.stubEnv('FIG_DATABASE_URL', 'postgres://127.0.0.1:1/none');
  for (const part of ['capture', 'project']) {
    const { code, stderr } = await run(['sync', part, '--config', config]);
    expect(code).toBe(1);
    expect(stderr).toContain(`fig sync ${part}`);
    expect(stderr).toContain('Run `fig sync`');
  }
});

test('what the config of a proxy says cannot be said besides it', async () => {
  const { code, stderr } = await run(['proxy', '--config', 'fig.config.ts', '--listen', '8080']);
  expect(code).toBe(2);
  expect(stderr).toContain('--listen does not go with --config');
});

test('a role without a control store of its own says what to set', async () => {
  vi.stubEnv('LEGACY_DATABASE_URL', 'postgres://127.0.0.1:1/none');
  vi.stubEnv('FIG_DATABASE_URL', undefined);
  for (const role of ['sync', 'control', 'proxy']) {
    const { code, stderr } = await run([role, '--config', config]);
    expect(code).toBe(1);
    expect(stderr).toContain('FIG_CONFIG_INVALID');
    expect(stderr).toContain('FIG_DATABASE_URL');
  }
});
