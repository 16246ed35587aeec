import type { NormalizedConfig } from '../../config/normalized-config.ts';
import type { Log } from '../../kernel/log.ts';
import { isLanding, legacyNameOf, settledByMs } from '../../config/settled-writes.ts';
import type { Service } from '../../kernel/service.ts';
import { demandsOf } from '../../sync/capture/demands-of.ts';
import { StoreClock } from '../../sync/batch/store-clock.ts';
import { DirectSource } from '../../sync/capture/direct-source.ts';
import { Landing } from '../../sync/landing/landing.ts';
import { LandingSource } from '../../sync/landing/landing-source.ts';
import { MysqlSourcePosition } from '../../sync/landing/mysql-position.ts';
import { openTarget } from '../../sync/open-target.ts';
import { capturedModels } from './captured-models.ts';

export interface StartLandingOptions {
  readonly config: NormalizedConfig;
  readonly storeUrl: string;
  /** UUID of this process. */
  readonly process: string;
  readonly log: Log;
}

export interface StartedLanding extends Service {
  /** Why nothing lands. */
  failure(): string | undefined;
}

/** Lets tables of a legacy database in MySQL land where read models are captured from; undefined where legacy has PostgreSQL. */
export function startLanding({ config, storeUrl, process, log }: StartLandingOptions): StartedLanding | undefined {
  const { events, legacy } = config;
  const readModels = capturedModels(config);
  if (events.via !== 'debezium' || !isLanding(config) || readModels.length === 0) return undefined;
  // A process that stands still inside a transaction holds up whoever takes over, and for no longer than this.
  const db = openTarget(legacy.database!, 2, { idleMs: 5_000 });
  const landing = new Landing({
    db,
    legacy: {
      database: legacyNameOf(config),
      account: legacy.mysql,
      settleMs: settledByMs(config),
    },
    access: events,
    prefix: events.prefix,
    properties: events.settings,
    migration: config.name,
    // In the landing database tables of the legacy database are in `public`.
    tables: [...new Set(demandsOf(readModels).map(({ table }) => table.replace(/^public\./, '')))],
    storeUrl,
    process,
    log,
  });
  return {
    name: landing.name,
    failure: () => landing.failure,
    stop: async () => {
      await landing.stop();
      await db.destroy();
    },
  };
}

interface LandingSourceParts {
  readonly prefix: string;
  readonly storeUrl: string;
  readonly landing: StartedLanding | undefined;
  readonly log: Log;
}

/** Changes of what has landed. */
export function landingSourceOf(
  config: NormalizedConfig,
  { prefix, storeUrl, landing, log }: LandingSourceParts,
): LandingSource {
  const { legacy, capture } = config;
  const url = legacy.database!;
  const settleMs = settledByMs(config);
  return new LandingSource({
    direct: new DirectSource({ url, batch: capture.batch, spool: capture.spool }),
    db: openTarget(url, 1),
    prefix,
    source: settleMs === undefined ? new MysqlSourcePosition(legacy.mysql!) : new StoreClock(storeUrl, log),
    settleMs,
    failure: () => landing?.failure(),
  });
}
