import { createHash } from 'node:crypto';
import type { FeatureDefinition } from './feature-definition.ts';
import { type AnyReadModelDefinition, isHandled } from './read-model-kinds.ts';
import { rulesForEvidence } from './rules-for-evidence.ts';

/** Raised with every change of what two answers are equal by: what was a match before is not known to be one now. */
const comparisonVersion = 3;

/**
 * Identifies what evidence was gathered about: the text of handlers and read model, routes, comparison rules, and how answers
 * are compared. A helper that a handler imports is not seen, nor what a candidate elsewhere runs; raise the read model's
 * version, or set FIG_CODE_VERSION to the commit.
 */
export function fingerprintOf(
  feature: FeatureDefinition,
  codeVersion: string | undefined,
  comparison = comparisonVersion,
): string {
  const subject = {
    readModel: feature.readModel,
    queries: feature.queries,
    operations: feature.operations,
    routes: feature.routes,
    candidate: feature.candidate,
    compare: feature.compare && rulesForEvidence(feature.compare),
    codeVersion,
    comparison,
    // Only where there are some: without them a feature is what it was before they were known.
    ...(feature.bodyQueries && { bodyQueries: feature.bodyQueries }),
  };
  return createHash('sha256').update(stableText(subject)).digest('hex').slice(0, 16);
}

/** Identifies a read model's definition: a stored one of another fingerprint is built again. */
export function readModelFingerprint(readModel: AnyReadModelDefinition): string {
  const hash = createHash('sha256').update(stableText(readModel));
  // Handlers meet the sources in the order they are written in, and how far that has come is stored.
  if (isHandled(readModel)) hash.update(Object.keys(readModel.sources).join());
  return hash.digest('hex').slice(0, 16);
}

function stableText(value: unknown): string {
  if (typeof value === 'function') return `function ${value.toString()}`;
  if (value instanceof RegExp) return `expression ${String(value)}`;
  if (Array.isArray(value)) return `[${value.map(stableText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${stableText(entry)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'undefined';
}
