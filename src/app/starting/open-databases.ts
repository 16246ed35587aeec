import { join } from 'node:path';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import type { ProgressEvent } from './running-fig.ts';
import type { ServiceStack } from './service-stack.ts';

/** The control store's URL: as configured, or an embedded PostgreSQL under `.fig/`, which the stack then stops. */
export async function storeUrlOf(
  config: NormalizedConfig,
  stack: ServiceStack,
  onProgress: (event: ProgressEvent) => void,
): Promise<string> {
  if (config.store !== undefined) return config.store;
  onProgress({ step: 'PostgreSQL', state: 'started' });
  const server = await startEmbeddedPostgres({ folder: join(process.cwd(), '.fig', 'postgres') });
  stack.add('embedded PostgreSQL', () => server.stop());
  await server.ensureDatabase('fig');
  onProgress({ step: 'PostgreSQL', state: 'done', detail: `port ${server.port}` });
  return server.url('fig');
}
