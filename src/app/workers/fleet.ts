import { servesSomebody } from '../../../proxy/own-writes.ts';
import type { RoutingSnapshot } from '../../kernel/phase.ts';
import { machineNow } from '../../kernel/machine-time.ts';
import type { RoutingState } from '../serving/routing-state.ts';
import type { FollowedSource } from '../serving/open-source.ts';
import type { ReadModelView } from '../following/read-model-view.ts';
import { BEAT_MS } from './fence-messages.ts';
import { FenceHub } from './fence-hub.ts';
import type { FromProxyWorker, ReadModelState } from './protocol.ts';
import type { WorkerHandle } from './worker-handle.ts';

export interface FleetOptions {
  readonly routing: RoutingState;
  /** Of all versions, in the order of the config. */
  readonly keys: readonly string[];
}

/** What the primary tells its workers all the time: phases, read models, and what they say to each other. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #members = new Map<number, WorkerHandle>();
  readonly #hub: FenceHub;
  readonly #beat: NodeJS.Timeout;
  #number = 0;
  #routing: RoutingSnapshot;
  #storeHeardAt = Number.NEGATIVE_INFINITY;
  #source: { readonly followed: FollowedSource | undefined; readonly view: ReadModelView } | undefined;
  #log: string | undefined;
  #states: readonly ReadModelState[] = [];
  #isDue = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#hub = new FenceHub({
      send: (worker, message) => this.#members.get(worker)?.send({ type: 'fellow', message }),
      now: machineNow,
    });
    this.#routing = options.routing.current();
    this.#number = this.#hub.nextNumber(servesSomebody(this.#routing));
    options.routing.watch((routing) => this.#route(routing));
    this.#beat = setInterval(() => this.#tick(), BEAT_MS);
    this.#beat.unref();
  }

  /** Looks after a worker until it is gone. */
  adopt(handle: WorkerHandle): void {
    handle.listen((message) => this.#hear(handle, message));
    void this.#partFrom(handle);
  }

  /** Where the read models are asked for from now on. */
  follow(followed: FollowedSource | undefined, view: ReadModelView): void {
    this.#source = { followed, view };
    this.#tellReadModels();
  }

  /** A read model has moved; told together with others that move in the same turn. */
  moved(isReadable: boolean): void {
    // One that cannot be read any more may be about to be emptied.
    if (!isReadable) this.#tellReadModels();
    if (!isReadable || this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#tellReadModels();
    });
  }

  stop(): void {
    clearInterval(this.#beat);
    this.#options.routing.watch(() => undefined);
  }

  async #partFrom(handle: WorkerHandle): Promise<void> {
    await handle.silenced;
    this.#members.delete(handle.id);
    this.#hub.leave(handle.id);
  }

  #hear(handle: WorkerHandle, message: FromProxyWorker): void {
    if (message.type === 'fellow') this.#hub.hear(handle.id, message.message);
    else if (message.type === 'join') {
      this.#members.set(handle.id, handle);
      handle.send({ type: 'routing', number: this.#number, routing: this.#routing });
      handle.send({ type: 'store-heard', at: this.#storeHeardAt });
      handle.send({ type: 'read-models', log: this.#log, states: this.#states });
      this.#hub.join(handle.id);
    }
  }

  #route(routing: RoutingSnapshot): void {
    this.#routing = routing;
    this.#number = this.#hub.nextNumber(servesSomebody(routing));
    for (const member of this.#members.values()) member.send({ type: 'routing', number: this.#number, routing });
  }

  /** Everything that has changed is told before a worker is told that it is current. */
  #tick(): void {
    const { heardAt } = this.#options.routing;
    if (heardAt !== this.#storeHeardAt) {
      this.#storeHeardAt = heardAt;
      for (const member of this.#members.values()) member.send({ type: 'store-heard', at: heardAt });
    }
    this.#tellReadModels();
    this.#hub.tick();
  }

  #tellReadModels(): void {
    if (this.#source === undefined) return;
    const { followed, view } = this.#source;
    const log = followed?.sourceLog();
    const states = this.#options.keys.map((key) => stateOf(key, view));
    const changed = log === this.#log ? states.filter((state, index) => !isSame(state, this.#states[index])) : states;
    this.#log = log;
    this.#states = states;
    if (changed.length === 0) return;
    for (const member of this.#members.values()) member.send({ type: 'read-models', log, states: changed });
  }
}

function stateOf(key: string, view: ReadModelView): ReadModelState {
  const position = view.position(key);
  return {
    key,
    position,
    isNear: view.applied(key)?.current() !== undefined,
    isReady: view.isReady(key),
    parked: view.letters(key).parked,
    parkings: view.letters(key).parkings,
  };
}

function isSame(a: ReadModelState, b: ReadModelState | undefined): boolean {
  const isSameState = a.position === b?.position && a.isNear === b?.isNear && a.isReady === b?.isReady;
  return isSameState && a.parked === b?.parked && a.parkings === b.parkings;
}
