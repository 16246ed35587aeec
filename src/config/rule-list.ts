import type {
  FormatRule,
  KeyRule,
  MapRule,
  NormalizedCompareRules,
  PlaceRule,
  RouteCompareRules,
  RuleNotes,
  ToleranceRule,
  ValueFormat,
} from './compare-rules.ts';
import { distanceMs } from './rule-duration.ts';

// Nothing here does I/O.

/** How far apart two values may be; at least one of them is there. */
export interface Tolerance {
  readonly absolute?: number | undefined;
  readonly relative?: number | undefined;
  readonly timeMs?: number | undefined;
  readonly ignoresCase?: boolean | undefined;
}

/** What a rule does at its place. */
export type RuleEffect =
  | { readonly kind: 'ignore' | 'unordered' | 'owner' | 'critical' | 'redact' }
  | { readonly kind: 'keyed'; readonly by: readonly string[] }
  | { readonly kind: 'tolerance'; readonly tolerance: Tolerance }
  | { readonly kind: 'format'; readonly as: ValueFormat }
  | { readonly kind: 'map'; readonly to: string };

/** One rule, wherever it was written. */
export type CompareRule = RuleEffect & {
  /** `ignore $.etag`: what it is counted under, for one route. */
  readonly id: string;
  readonly path: string;
  /** The key of `routes` that it stands under; undefined: it is the feature's. */
  readonly route: string | undefined;
  readonly because: string | undefined;
  /** Milliseconds since the epoch from which on it is overdue. */
  readonly expiresAt: number | undefined;
  /** As it was written. */
  readonly expires: string | undefined;
  /** 1: no cap. */
  readonly maxHidden: number;
};

export interface RulesOfRoute {
  readonly rules: readonly CompareRule[];
  /** In lower case. */
  readonly headers: readonly string[];
}

/**
 * The rules for one route: the feature's, then the route's own, of which one takes the place of the feature's rule of the
 * same kind and path. Without a route the feature's alone.
 */
export function rulesOfRoute(compare: NormalizedCompareRules, route?: string): RulesOfRoute {
  const rules = new Map(listRules(compare, undefined).map((rule) => [rule.id, rule]));
  const headers = new Set(compare.headers);
  for (const [name, own] of Object.entries(compare.routes)) {
    if (!isNameOf(name, route)) continue;
    for (const rule of listRules(own, name)) rules.set(rule.id, rule);
    for (const header of own.headers ?? []) headers.add(header.toLowerCase());
  }
  return { rules: [...rules.values()], headers: [...headers] };
}

/** Every rule, those of routes after those of the feature. */
export function allRules(compare: NormalizedCompareRules): readonly CompareRule[] {
  const own = Object.entries(compare.routes).flatMap(([name, rules]) => listRules(rules, name));
  return [...listRules(compare, undefined), ...own];
}

/** Of the feature and of all its routes. */
export function redactedPaths(compare: NormalizedCompareRules): readonly string[] {
  return [...compare.redact, ...Object.values(compare.routes).flatMap(({ redact }) => redact ?? [])];
}

/** Whether any rule under `routes` is for this route. */
export function hasRulesOfItsOwn(compare: NormalizedCompareRules, route: string): boolean {
  return Object.keys(compare.routes).some((name) => isNameOf(name, route));
}

/** A route goes by the name that reports give it, or by method and path alone, which may be those of several. */
export function isNameOf(name: string, route: string | undefined): boolean {
  return route !== undefined && (name === route || route.startsWith(`${name} [`));
}

function listRules(rules: RouteCompareRules, route: string | undefined): CompareRule[] {
  const made = (path: string, effect: RuleEffect, notes: RuleNotes = {}): CompareRule => ({
    ...effect,
    id: `${effect.kind} ${path}`,
    path,
    route,
    because: notes.because,
    expires: notes.expires,
    expiresAt: notes.expires === undefined ? undefined : expiryOf(notes.expires),
    maxHidden: notes.maxHidden ?? 1,
  });
  const places = (kind: 'ignore' | 'unordered' | 'owner', listed: readonly PlaceRule[] = []): CompareRule[] =>
    listed.map((rule) => (typeof rule === 'string' ? made(rule, { kind }) : made(rule.path, { kind }, rule)));
  const plain = (kind: 'critical' | 'redact', paths: readonly string[] = []): CompareRule[] =>
    paths.map((path) => made(path, { kind }));
  const named = <R>(of: Readonly<Record<string, R>> = {}, effectOf: (rule: R) => RuleEffect): CompareRule[] =>
    Object.entries(of).map(([path, rule]) => made(path, effectOf(rule), notesOf(rule)));
  return [
    ...plain('critical', rules.critical),
    ...places('owner', rules.owner),
    ...places('ignore', rules.ignore),
    ...named(rules.keyed, (rule: KeyRule) => ({ kind: 'keyed', by: keysOf(rule) })),
    ...places('unordered', rules.unordered),
    ...named(rules.tolerance, (rule: ToleranceRule) => ({ kind: 'tolerance', tolerance: toleranceOf(rule) })),
    ...named(rules.format, (rule: FormatRule) => ({ kind: 'format', as: typeof rule === 'string' ? rule : rule.as })),
    ...named(rules.map, (rule: MapRule) => ({ kind: 'map', to: typeof rule === 'string' ? rule : rule.to })),
    ...plain('redact', rules.redact),
  ];
}

function notesOf(rule: unknown): RuleNotes {
  return typeof rule === 'object' && rule !== null ? rule : {};
}

function keysOf(rule: KeyRule): readonly string[] {
  return [typeof rule === 'string' ? rule : rule.by].flat();
}

function toleranceOf(rule: ToleranceRule): Tolerance {
  if (typeof rule === 'number') return { absolute: rule };
  const { absolute, relative, time } = rule;
  return { absolute, relative, timeMs: time === undefined ? undefined : distanceMs(time), ignoresCase: rule.case };
}

const dayMs = 86_400_000;

/** A day is over at its end. */
function expiryOf(expires: string): number {
  const at = Date.parse(expires);
  return /^\d{4}-\d\d-\d\d$/.test(expires) ? at + dayMs : at;
}
