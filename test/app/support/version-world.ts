import type { Knex } from 'knex';
import { Reconciliations } from '../../../src/app/reconciling/reconciliations.ts';
import { SimpleReadModels } from '../../../src/app/following/simple-read-models.ts';
import { cutoverPorts, waitingPorts } from '../../../src/app/deciding/cutover-ports.ts';
import { ServingVersions } from '../../../src/app/versions/serving-versions.ts';
import { VersionBook } from '../../../src/app/versions/version-book.ts';
import { VersionDesk } from '../../../src/app/versions/version-desk.ts';
import { normalizeConfig } from '../../../src/config/normalize-config.ts';
import { defineReadModel, type ReadModelDefinition } from '../../../src/config/read-model-definition.ts';
import { CutoverController } from '../../../src/cutover/controller.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { emptyRouting, type RoutingSnapshot } from '../../../src/kernel/phase.ts';
import type { Service } from '../../../src/kernel/service.ts';
import { openStore } from '../../../src/store/control-store.ts';
import { startPhaseWatch } from '../../../src/store/phase-notifications.ts';
import { createPhaseStore, type PhaseStore } from '../../../src/store/phase-store.ts';
import { settleServingVersion } from '../../../src/store/serving-version-store.ts';
import type { Capture } from '../../../src/sync/capture/capture.ts';
import { until } from '../../support/until.ts';
import { setupSync, type SyncSetup } from '../../sync/fixtures.ts';
import { seedOrders } from '../../sync/poison.ts';
import { summary } from '../../sync/summary-model.ts';

export interface VersionWorldOptions {
  /** The version that waits for its turn. */
  readonly newer?: ReadModelDefinition | undefined;
  /** Version of the same read model that another feature has, if any. */
  readonly elsewhere?: ReadModelDefinition | undefined;
}

/** The feature orders in legacy, version 1 of whose read model serves while version 2 waits, both captured. */
export class VersionWorld implements AsyncDisposable {
  readonly setup: SyncSetup;
  readonly store: Knex;
  readonly phases: PhaseStore;
  readonly capture: Capture;
  readonly versions: ServingVersions;
  /** Of the versions that serve. */
  readonly controller: CutoverController;
  readonly waiting: CutoverController;
  readonly desk: VersionDesk;
  #routing: RoutingSnapshot = emptyRouting;
  #watch: Service | undefined;

  private constructor(setup: SyncSetup, { newer = asVersion(2), elsewhere }: VersionWorldOptions) {
    this.setup = setup;
    this.store = openStore(setup.targetUrl, { applicationName: 'fig version test' });
    this.phases = createPhaseStore(this.store);
    const queries = { 'GET /orders': (): object => ({}) };
    const orders = { name: 'orders', readModel: newer, previous: { readModel: summary }, queries };
    const other = { name: 'elsewhere', readModel: elsewhere, queries: { 'GET /elsewhere': queries['GET /orders'] } };
    const config = normalizeConfig(
      { legacy: { url: 'http://127.0.0.1:1' }, features: elsewhere ? [orders, other] : [orders] },
      'fig.config.ts',
    );
    this.capture = setup.startCapture({ readModels: [newer, summary, ...(elsewhere ? [elsewhere] : [])] });
    const simple = new SimpleReadModels({
      config,
      storeUrl: setup.targetUrl,
      capture: undefined,
      onProgress: () => undefined,
      onPosition: () => undefined,
      log: silentLog,
    });
    const reconciliations = new Reconciliations(this.store, this.capture);
    const versions = new ServingVersions(new VersionBook(config.features), () => this.#routing);
    const sources = { store: this.store, phases: this.phases, capture: this.capture, simple, reconciliations };
    const ports = cutoverPorts({ ...sources, versionOf: (feature) => versions.serving(feature) });
    this.versions = versions;
    this.controller = new CutoverController({ features: versions.cutoverFeatures(), ports, log: silentLog });
    this.waiting = new CutoverController({
      features: versions.waitingFeatures(),
      ports: waitingPorts(ports, {
        ...sources,
        versionOf: (feature) => versions.waiting(feature) ?? versions.serving(feature),
      }),
      log: silentLog,
    });
    this.desk = new VersionDesk({
      ...sources,
      versions,
      waiting: this.waiting,
      features: config.features.map(({ name }) => name),
      signal: new AbortController().signal,
    });
  }

  static async create(options: VersionWorldOptions = {}): Promise<VersionWorld> {
    const setup = await setupSync();
    await seedOrders(setup, 5);
    const world = new VersionWorld(setup, options);
    await world.capture.untilReady(AbortSignal.timeout(20_000));
    await world.phases.ensureFeature('orders');
    const { fingerprint } = world.versions.named('orders@1');
    await settleServingVersion(world.store, { feature: 'orders', version: 1, fingerprint, who: 'fig' });
    const onSnapshot = (snapshot: RoutingSnapshot): void => void (world.#routing = snapshot);
    world.#watch = startPhaseWatch({ storeUrl: setup.targetUrl, onSnapshot, log: silentLog });
    await until('it is known which version serves', () => world.versions.serving('orders').version === 1);
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch?.stop();
    await this.store.destroy();
    await this.setup[Symbol.asyncDispose]();
  }
}

/** `summary` with another version. */
export function asVersion(version: number, more: Partial<ReadModelDefinition> = {}): ReadModelDefinition {
  return defineReadModel({ ...summary, ...more, version });
}
