import deepDiff from 'deep-diff';
import type { Difference, DifferenceKind } from '../../src/kernel/verdict.ts';
import { patternOf, placeText, type PlaceStep } from '../json-path.ts';
import type { Redactor } from '../redact.ts';
import type { Alignment, Finding, Place } from './align.ts';
import { displayAt } from './display-json.ts';
import { Instant } from './instant.ts';
import { isContainer, typeOf, type JsonType, type JsonValue } from './json-value.ts';
import { scalarText } from './scalars.ts';
import { meaningOf } from './value-sense.ts';

export const maxDifferences = 50;

export interface ListedDifferences {
  /** Critical ones first; at most 50. Personal data is redacted. */
  readonly differences: readonly Difference[];
  /** There are more than are listed. */
  readonly truncated: boolean;
}

/** What a differ is given: the number of a finding, and what a side has there. Flat, whatever the bodies were. */
type Residue = Record<string, string>;

/** Describes what an alignment left over. */
export function listDifferences({ findings, truncated }: Alignment, redactor: Redactor): ListedDifferences {
  const legacy: Residue = Object.create(null);
  const candidate: Residue = Object.create(null);
  for (const [index, finding] of findings.entries()) {
    if (finding.legacy !== undefined) legacy[`#${index}`] = leafText(finding.legacy, finding, 'legacy');
    if (finding.candidate !== undefined) candidate[`#${index}`] = leafText(finding.candidate, finding, 'candidate');
  }
  const found = (deepDiff<Residue>(legacy, candidate) ?? []).map((change) => {
    const index = Number(String(change.path?.[0]).slice(1));
    return { change: change.kind, index, finding: findings[index]! };
  });
  // The differ names what one side lacks last; reports name differences where they stand, critical ones first.
  const rank = ({ index, finding }: (typeof found)[number]): number =>
    finding.rules.critical ? index : findings.length + index;
  const ranked = found.toSorted((a, b) => rank(a) - rank(b));
  return {
    differences: ranked.slice(0, maxDifferences).map(({ change, finding }) => describe(change, finding, redactor)),
    truncated: truncated || ranked.length > maxDifferences,
  };
}

/**
 * Type and text, so that "1" and 1 differ. Containers are only left over where that says enough: their types differ, or
 * they are known to differ as a whole.
 */
function leafText(value: JsonValue, finding: Finding, side: string): string {
  const type = typeOf(value);
  if (!isContainer(value)) return `${type} ${scalarText(value)}`;
  return finding.isOrder || type === 'repeated' ? `${type} of ${side}` : type;
}

function describe(change: 'N' | 'D' | 'E' | 'A', finding: Finding, redactor: Redactor): Difference {
  const { rules, legacy, candidate } = finding;
  const place = stepsTo(finding.place, redactor);
  return {
    kind: kindOf(change, finding),
    path: patternOf(place, (key) => isHash(key) || redactor.isPersonal(key)),
    at: placeText(place, redactor.text),
    legacy: legacy === undefined ? undefined : displayAt(place, legacy, rules, redactor),
    candidate: candidate === undefined ? undefined : displayAt(place, candidate, rules, redactor),
    critical: rules.critical,
  };
}

function kindOf(change: 'N' | 'D' | 'E' | 'A', { legacy, candidate, isOrder, rules }: Finding): DifferenceKind {
  if (change === 'D') return 'missing';
  if (change === 'N') return 'extra';
  if (isOrder) return 'order';
  if (legacy === undefined || candidate === undefined) return 'type';
  return meantType(legacy, rules) === meantType(candidate, rules) ? 'value' : 'type';
}

/** A text that a format reads as a number is one. */
function meantType(value: JsonValue, { senses }: Finding['rules']): JsonType {
  if (isContainer(value) || senses === undefined) return typeOf(value);
  const meaning = meaningOf(value, senses);
  return meaning instanceof Instant ? 'string' : typeOf(meaning);
}

/** Names that trees of HTML and XML have everywhere, see docs/bodies.md. */
const partsOfElements: ReadonlySet<PlaceStep> = new Set(['#text', '#order', '#ns', '#doctype']);

/** Keys of what is personal as a whole are personal as well: a map from names to ages. */
function stepsTo(place: Place | undefined, redactor: Redactor): PlaceStep[] {
  const steps: PlaceStep[] = [];
  for (let at = place; at !== undefined; at = at.above) {
    const isPersonal = at.isPersonal && typeof at.step === 'string' && !partsOfElements.has(at.step);
    steps.push(isPersonal ? redactor.hash(String(at.step)) : at.step);
  }
  return steps.toReversed();
}

function isHash(key: string): boolean {
  return key.startsWith('<redacted:');
}
