import { randomBytes } from 'node:crypto';
import type { RoutingSnapshot } from '../../kernel/phase.ts';
import { sharedSecret } from '../../store/setting-store.ts';
import { startBreakerEvidence } from '../deciding/breaker-evidence.ts';
import { FENCE_SECRET_BYTES, keepFenceSecret, loadFenceSecret } from './fence-secret-file.ts';
import { insist } from '../starting/insist.ts';
import { startPhaseKeeper } from './keep-phases.ts';
import type { OpenedProcess } from '../starting/open-process.ts';
import { loadPhases, ownerOf } from './phases-file.ts';
import type { ProxySide } from './proxy-side.ts';
import { reloadOnHangup } from '../starting/reload-on-hangup.ts';
import type { ServiceStack } from '../starting/service-stack.ts';
import type { Serving } from './serving.ts';
import { ServingHere } from './serving-here.ts';
import type { ProxyStartOptions } from '../starting/start-options.ts';
import { ServingInWorkers } from '../workers/serving-in-workers.ts';

/** Where the users of a migration are served: from what is on disk while the store is away, and by the store from then on. */
export class UserSide {
  readonly serving: Serving;
  readonly #process: OpenedProcess;
  readonly #options: ProxyStartOptions;
  readonly #stack: ServiceStack;
  #side: ProxySide | undefined;

  constructor(opened: OpenedProcess, options: ProxyStartOptions, stack: ServiceStack) {
    this.#process = opened;
    this.#options = options;
    this.#stack = stack;
    const { config, store, storeUrl, routing, metrics } = opened;
    const { configFile, workers = 1, log } = options;
    const openings = startBreakerEvidence(store, log);
    stack.add('breaker evidence', () => openings.stop());
    const common = { config, configFile, storeUrl, routing, onBreakerOpen: openings.keep, log };
    this.serving = workers > 1 ? new ServingInWorkers({ ...common, workers }) : new ServingHere({ ...common, metrics });
  }

  /** Serves by the phases that are on disk, if they are those of this migration and code; without any, legacy answers everything. */
  async openFromDisk(): Promise<ProxySide> {
    if (this.#side) return this.#side;
    const { config, folder, routing } = this.#process;
    const secret = (await loadFenceSecret(folder, config.name)) ?? randomBytes(FENCE_SECRET_BYTES);
    const kept = await loadPhases(folder, ownerOf(config), this.#options.log);
    if (kept) routing.swap(kept);
    return this.open(secret);
  }

  /** The secret that all processes of the migration sign fences with; kept on disk for a start without the store. */
  async fenceSecret(): Promise<Uint8Array> {
    const { config, folder, store, insistence } = this.#process;
    const secret = await insist(insistence, () => sharedSecret(store, 'fence secret'));
    await keepFenceSecret(folder, config.name, secret, this.#options.log);
    return secret;
  }

  /** Listens, unless it does already. */
  async open(fenceSecret: Uint8Array): Promise<ProxySide> {
    if (this.#side) return this.#side;
    const side = (this.#side = await this.serving.open(fenceSecret));
    this.#stack.add('proxy', () => side.stop());
    const certificates = reloadOnHangup(() => side.reloadCertificates());
    this.#stack.add('certificates', certificates);
    this.#process.servesAt(side.url);
    return side;
  }

  /** What takes the phases that the store tells, for a start without it. */
  keepPhases(): (snapshot: RoutingSnapshot) => void {
    const { config, folder } = this.#process;
    const keeper = startPhaseKeeper(folder, ownerOf(config), this.#options.log);
    this.#stack.add('phase keeper', () => keeper.stop());
    return (snapshot) => keeper.keep(snapshot);
  }
}
