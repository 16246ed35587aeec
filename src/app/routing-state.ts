import { emptyRouting, type KillSwitch, type RoutingSnapshot } from '../kernel/phase.ts';

/**
 * The last known phases, and the kill switch of this process. Swapped whole; whoever reads it keeps what it read. What is
 * pulled here stays pulled whatever the control store says, and the other way round.
 */
export class RoutingState {
  #stored: RoutingSnapshot = emptyRouting;
  #heardAt = Number.NEGATIVE_INFINITY;
  #local: KillSwitch | undefined;
  #snapshot: RoutingSnapshot = emptyRouting;

  readonly current = (): RoutingSnapshot => this.#snapshot;

  /** The control store has just said that these are its phases. */
  readonly heard = (): void => {
    this.#heardAt = performance.now();
  };

  /** Whether it said so within the last `ms`. */
  isFresh(ms: number): boolean {
    return performance.now() - this.#heardAt < ms;
  }

  /** What the control store says. */
  readonly swap = (snapshot: RoutingSnapshot): void => {
    this.#stored = snapshot;
    this.#join();
  };

  localKillSwitch(): KillSwitch | undefined {
    return this.#local;
  }

  setLocalKillSwitch(killSwitch: KillSwitch | undefined): void {
    this.#local = killSwitch;
    this.#join();
  }

  /** The store has just been told that it is off; its notice is on the way. */
  forgetStoredKillSwitch(): void {
    this.swap({ ...this.#stored, killSwitch: undefined });
  }

  #join(): void {
    const killSwitch = this.#local ?? this.#stored.killSwitch;
    this.#snapshot = killSwitch === this.#stored.killSwitch ? this.#stored : { ...this.#stored, killSwitch };
  }
}
