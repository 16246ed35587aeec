/** Phases of a feature's reads, in order. `retired` is reached only after its commands have moved, which is later work. */
export const readPhases = ['legacy', 'shadow', 'canary', 'live'] as const;
export type ReadPhase = (typeof readPhases)[number];

export interface ReadState {
  readonly phase: ReadPhase;
  /** Share of visitors that the candidate serves, 0 to 100. 0 in legacy and shadow, 100 in live. */
  readonly percent: number;
}

/** What a proxy needs to know of one feature. */
export interface FeatureRouting {
  readonly feature: string;
  readonly reads: ReadState;
  /** Revision of the move that led here: tells one stay in a step from the next. Undefined: not known. */
  readonly stay?: number | undefined;
  /** Version of the read model that serves; undefined: there is no other that could. */
  readonly version?: number | undefined;
  /** Of what was proven: handlers, read model, routes and rules. Undefined: not known. */
  readonly fingerprint?: string | undefined;
  /** What was proven is not what this process would serve. The phase holds all the same: others serve by it. */
  readonly isUnproven?: boolean | undefined;
  /** Routes whose reads write to legacy, so that they are not compared. Default: none. */
  readonly quarantined?: readonly string[] | undefined;
}

/** Who sent all reads back to legacy, why and when. */
export interface KillSwitch {
  readonly who: string;
  readonly why: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Swapped whole; a request uses one snapshot to its end. */
export interface RoutingSnapshot {
  /** Grows with every change. 0: nothing has been heard from the control store yet. */
  readonly revision: number;
  readonly features: ReadonlyMap<string, FeatureRouting>;
  /** Present: legacy answers everything, whatever the phases say. */
  readonly killSwitch?: KillSwitch | undefined;
  /** Read from disk at a start without the control store: reads may have gone back since, so legacy answers them. */
  readonly isFromDisk?: boolean | undefined;
}

export const emptyRouting: RoutingSnapshot = { revision: 0, features: new Map() };

/** `canary 5%`, `shadow`: how a state is written everywhere. */
export function describeReads(state: ReadState): string {
  return state.phase === 'canary' ? `canary ${state.percent}%` : state.phase;
}
