import knexModule, { type Knex } from 'knex';
import { silentLog } from '../../src/kernel/log.ts';
import type { Position } from '../../src/kernel/position.ts';
import { openTarget } from '../../src/sync/open-target.ts';
import { Capture } from '../../src/sync/capture/capture.ts';
import type { CaptureOptions } from '../../src/sync/capture/capture-options.ts';
import { createStoreDatabase, createTestDatabase } from '../support/test-database.ts';
import { freshSummary, legacySchema, storedSummary, summary } from './summary-model.ts';

export interface SyncSetup extends AsyncDisposable {
  readonly legacyUrl: string;
  readonly legacy: Knex;
  readonly target: Knex;
  readonly targetUrl: string;
  startCapture(more?: Partial<CaptureOptions>): Capture;
  /** What a fresh build from the legacy tables gives, as JSON lines. */
  expected(): Promise<readonly string[]>;
  actual(): Promise<readonly string[]>;
}

/** `legacyServer`: a server of the test's own for the legacy database. */
export async function setupSync({ legacyServer }: { legacyServer?: string } = {}): Promise<SyncSetup> {
  const stack = new AsyncDisposableStackLite();
  const legacyDatabase = stack.use(await createTestDatabase(legacyServer));
  const targetDatabase = stack.use(await createStoreDatabase());
  const legacy = knexModule({ client: 'pg', connection: legacyDatabase.url, pool: { min: 0, max: 6 } });
  stack.defer(() => legacy.destroy());
  const target = openTarget(targetDatabase.url);
  stack.defer(() => target.destroy());
  await legacy.raw(legacySchema);
  return {
    legacyUrl: legacyDatabase.url,
    legacy,
    target,
    targetUrl: targetDatabase.url,
    startCapture: (more = {}) => {
      const capture = new Capture({
        url: legacyDatabase.url,
        migration: 'test',
        target,
        readModels: [summary],
        log: silentLog,
        onProgress: () => undefined,
        onPosition: (_readModel: string, _position: Position | undefined) => undefined,
        ...more,
      });
      stack.defer(() => capture.stop());
      return capture;
    },
    expected: () => freshSummary(legacy),
    actual: () => storedSummary(target),
    [Symbol.asyncDispose]: () => stack.dispose(),
  };
}

/** Node 20 has no AsyncDisposableStack. Last in, first out. */
class AsyncDisposableStackLite {
  readonly #steps: (() => unknown)[] = [];

  use<T extends AsyncDisposable>(resource: T): T {
    this.defer(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  defer(step: () => unknown): void {
    this.#steps.push(step);
  }

  async dispose(): Promise<void> {
    for (const step of this.#steps.toReversed()) await step();
  }
}
