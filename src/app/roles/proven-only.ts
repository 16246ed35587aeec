import { versionsOf } from '../../config/feature-versions.ts';
import type { NormalizedFeature } from '../../config/normalized-config.ts';
import type { RoutingSnapshot } from '../../kernel/phase.ts';

/**
 * The phases as a process may follow them that did not settle them itself: evidence was gathered about certain code, and one
 * that was started with other code serves nobody with it. The phase stays as it is: others serve by it, so writes must be
 * noted here as well.
 */
export function provenOnly(snapshot: RoutingSnapshot, features: readonly NormalizedFeature[]): RoutingSnapshot {
  const unproven = unprovenHere(snapshot, features);
  if (unproven.length === 0) return snapshot;
  const routed = [...snapshot.features].map(([name, routing]) =>
    unproven.includes(name) ? ([name, { ...routing, isUnproven: true }] as const) : ([name, routing] as const),
  );
  return { ...snapshot, features: new Map(routed) };
}

/** Names of the features that serve somebody by a proof of other code than is here. */
export function unprovenHere(snapshot: RoutingSnapshot, features: readonly NormalizedFeature[]): readonly string[] {
  return features
    .filter((feature) => {
      const { reads, fingerprint } = snapshot.features.get(feature.name) ?? {};
      if (reads === undefined || reads.percent === 0 || fingerprint === undefined) return false;
      return versionsOf(feature).every((version) => version.fingerprint !== fingerprint);
    })
    .map(({ name }) => name);
}
