import { OwnWrites, PIN_MS, type OpenWrite } from '../../../proxy/own-writes.ts';
import { FenceHub } from '../../../src/app/workers/fence-hub.ts';
import { BEAT_MS, type FromFellow, type ToFellow } from '../../../src/app/workers/fence-messages.ts';
import { WorkerFellows } from '../../../src/app/workers/worker-fellows.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import type { RoutingSnapshot } from '../../../src/kernel/phase.ts';
import { routingOf } from '../../proxy/support/harness.ts';

/** Whatever was promised and can be kept is kept by then. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Down =
  | { readonly type: 'routing'; readonly number: number; readonly routing: RoutingSnapshot }
  | { readonly type: 'fellow'; readonly message: ToFellow };

export interface Write {
  readonly worker: number;
  /** Whose it is; more than one when its answer changed the visitor's name. */
  readonly visitors: Set<string>;
  readonly open: OpenWrite;
  committedAt: bigint;
  isForwarded: boolean;
  /** Milliseconds after which legacy cannot commit it any more; undefined: it is under way. */
  overAt: number | undefined;
}

/** Workers, a primary, the channels between them and a shop, all of whose steps happen when the test says so. */
export class World {
  now = 1_000;
  position = 100n;
  applied = 100n;
  isSourceUp = true;
  readonly up = new Map<number, FromFellow[]>();
  readonly down = new Map<number, Down[]>();
  readonly workers = new Map<number, Worker>();
  readonly dead = new Set<number>();
  readonly writes: Write[] = [];
  /** The last commit of each visitor. */
  readonly committed = new Map<string, bigint>();
  readonly served: string[] = [];
  #phase: 'shadow' | 'live' = 'live';
  #number: number;
  #last = 0;
  readonly hub = new FenceHub({
    send: (worker, message) => this.down.get(worker)?.push({ type: 'fellow', message }),
    now: () => this.now,
  });

  constructor() {
    this.#number = this.hub.nextNumber(true);
  }

  spawn(): void {
    const id = (this.#last += 1);
    this.up.set(id, []);
    this.down.set(id, [{ type: 'routing', number: this.#number, routing: routingOf(this.#phase) }]);
    this.hub.join(id);
    this.workers.set(id, new Worker(this, id));
  }

  enter(phase: 'shadow' | 'live'): void {
    this.#phase = phase;
    this.#number = this.hub.nextNumber(phase === 'live');
    for (const queue of this.down.values()) {
      queue.push({ type: 'routing', number: this.#number, routing: routingOf(phase) });
    }
  }

  /** The process is gone at once; what it sent is still on the way. */
  kill(id: number): void {
    this.workers.delete(id);
    this.down.delete(id);
    this.dead.add(id);
    for (const write of this.writes) if (write.worker === id) write.overAt ??= this.now + PIN_MS;
  }

  deliverUp(id: number): void {
    const message = this.up.get(id)?.shift();
    if (message) this.hub.hear(id, message);
    else if (this.dead.delete(id)) {
      this.up.delete(id);
      this.hub.leave(id);
    }
  }

  commit(write: Write): void {
    if (!write.isForwarded || (write.overAt !== undefined && this.now >= write.overAt)) return;
    this.position += 10n;
    write.committedAt = this.position;
    for (const visitor of write.visitors) this.committed.set(visitor, this.position);
  }

  begin(worker: Worker, visitor: string): Write {
    const open = worker.ownWrites.begin(visitor, undefined);
    const begun: Write = {
      worker: worker.id,
      visitors: new Set([visitor]),
      open,
      isForwarded: false,
      overAt: undefined,
      committedAt: 0n,
    };
    this.writes.push(begun);
    void (open.announced ?? Promise.resolve()).then(() => (begun.isForwarded = begun.overAt === undefined));
    return begun;
  }

  /** The answer's head goes out, and may give the visitor another name. */
  async head(write: Write, later: readonly string[]): Promise<void> {
    await write.open.atHead(later);
    for (const visitor of later) {
      write.visitors.add(visitor);
      if (write.committedAt > (this.committed.get(visitor) ?? 0n)) this.committed.set(visitor, write.committedAt);
    }
  }

  end(write: Write, isComplete: boolean): void {
    write.overAt = this.now + (isComplete ? 0 : PIN_MS);
    void write.open.atEnd(isComplete);
  }
}

export class Worker {
  readonly id: number;
  readonly fellows: WorkerFellows;
  readonly ownWrites: OwnWrites;
  /** What it is to send soon. */
  readonly soon: (() => void)[] = [];
  #routing: RoutingSnapshot = routingOf('shadow');

  constructor(world: World, id: number) {
    this.id = id;
    this.fellows = new WorkerFellows({
      send: (message) => world.up.get(id)?.push(message),
      now: () => world.now,
      soon: (flush) => this.soon.push(flush),
    });
    const queue = world.down.get(id)!;
    // As a worker starts: nothing is listened to before the phases and the writes under way are known.
    for (const down of queue.splice(0)) this.hear(down);
    this.ownWrites = new OwnWrites({
      source: {
        read: () => (world.isSourceUp ? Promise.resolve(world.position) : Promise.reject(new Error('away'))),
        nudge: () => undefined,
      },
      applied: () => ({
        current: () => world.applied,
        waitFor: (position) => Promise.resolve(world.applied >= position),
      }),
      routing: () => this.#routing,
      fellows: this.fellows,
      fenceBudgetMs: 0,
      secret: Buffer.from('secret'),
      secureCookies: false,
      maxVisitors: 3,
      log: silentLog,
      now: () => world.now,
      wallNow: () => 1_700_000_000_000 + world.now,
    });
    this.ownWrites.learn(this.#routing);
  }

  hear(down: Down): void {
    if (down.type === 'fellow') this.fellows.hear(down.message);
    else this.fellows.learn(down.number, () => (this.#routing = down.routing));
  }
}

/**
 * Everything that is on its way arrives. Except for one worker, which stands still (`stopped`), or whose words do not get
 * to the primary although it goes on (`unheard`).
 */
export async function flow(world: World, except?: number, how: 'stopped' | 'unheard' = 'stopped'): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    if (round === 0) world.now += BEAT_MS;
    if (round % 3 === 0) world.hub.tick();
    for (const [id, worker] of world.workers) {
      if (id === except && how === 'stopped') continue;
      for (const flush of worker.soon.splice(0)) flush();
      if (round % 3 === 0) worker.fellows.tick();
      for (const down of world.down.get(id)!.splice(0)) worker.hear(down);
    }
    for (const id of world.up.keys()) {
      if (id === except) continue;
      while ((world.up.get(id)?.length ?? 0) > 0 || world.dead.has(id)) world.deliverUp(id);
    }
    await settled();
  }
}
