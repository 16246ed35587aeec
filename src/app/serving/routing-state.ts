import { machineNow } from '../../kernel/machine-time.ts';
import { emptyRouting, type KillSwitch, type RoutingSnapshot } from '../../kernel/phase.ts';

/**
 * The last known phases, and the kill switch of this process. Swapped whole; whoever reads it keeps what it read. What is
 * pulled here stays pulled whatever the control store says, and the other way round.
 */
export class RoutingState {
  #stored: RoutingSnapshot = emptyRouting;
  #heardAt = Number.NEGATIVE_INFINITY;
  #local: KillSwitch | undefined;
  #snapshot: RoutingSnapshot = emptyRouting;
  #onChange: (snapshot: RoutingSnapshot) => void = () => undefined;

  readonly current = (): RoutingSnapshot => this.#snapshot;

  /** Told of every snapshot from now on, before anything is decided by it. */
  watch(onChange: (snapshot: RoutingSnapshot) => void): void {
    this.#onChange = onChange;
  }

  /** The control store has just said that these are its phases. */
  readonly heard = (): void => {
    this.#heardAt = machineNow();
  };

  /** When it said so last, by the machine's clock. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Somebody else heard it say so then. */
  heardBefore(at: number): void {
    this.#heardAt = at;
  }

  /** Whether it said so within the last `ms`. */
  isFresh(ms: number): boolean {
    return machineNow() - this.#heardAt < ms;
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
    this.#onChange(this.#snapshot);
  }
}
