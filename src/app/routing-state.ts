import { emptyRouting, type RoutingSnapshot } from '../kernel/phase.ts';

/** The last known phases. Swapped whole; whoever reads it keeps what it read. */
export class RoutingState {
  #snapshot: RoutingSnapshot = emptyRouting;

  readonly current = (): RoutingSnapshot => this.#snapshot;

  readonly swap = (snapshot: RoutingSnapshot): void => {
    this.#snapshot = snapshot;
  };
}
