import type { CursorRules } from './cursor-rules.ts';
import type { LegacyCacheRule, NormalizedLegacyCache } from './legacy-cache-rule.ts';

/** What every rule may say about itself. None of it changes what is compared. */
export interface RuleNotes {
  /** Why it is there, for whoever reads the report. */
  readonly because?: string | undefined;
  /** `2026-12-31` (to the end of that day, UTC) or `2026-12-31T18:00:00Z`. From then on the rule goes on to hold, and the gate fails. */
  readonly expires?: string | undefined;
  /** Share, 0 to 1, of a route's compared answers in which it may hide a difference; beyond it the gate fails. Default 1. */
  readonly maxHidden?: number | undefined;
}

/** A place, with or without notes. */
export type PlaceRule = string | ({ readonly path: string } & RuleNotes);

/** The key that pairs the elements of an array: one name, or several that are only unique together. */
export type KeyRule = string | ({ readonly by: string | readonly string[] } & RuleNotes);

/** A number is `absolute`. Of several, one that holds is enough. */
export type ToleranceRule =
  | number
  | ({
      /** Greatest difference of two numbers, or numeric texts. */
      readonly absolute?: number | undefined;
      /** Greatest difference of two numbers as a share of the larger one, above 0 and below 1. */
      readonly relative?: number | undefined;
      /** Greatest distance of two times: `500ms`, `2s`, `5m`. */
      readonly time?: string | undefined;
      /** Upper and lower case are the same. */
      readonly case?: true | undefined;
    } & RuleNotes);

export type ValueFormat =
  /** Texts that are times (ISO 8601, RFC 3339) are equal when they are the same instant. */
  | 'timestamp'
  /** Texts that are decimals are numbers. */
  | 'decimal';

export type FormatRule = ValueFormat | ({ readonly as: ValueFormat } & RuleNotes);

/** The candidate's place of what legacy has elsewhere. */
export type MapRule = string | ({ readonly to: string } & RuleNotes);

/** Rules for the bodies and headers of a route. */
export interface RouteCompareRules {
  /**
   * Paths (a JSONPath subset: `$.a.b`, `$.items[*].x`, `$['odd name']`) that are not compared. Bodies of other types have
   * paths too: `$.html.body.div[2].p[0]`, `$.rss.channel[0].item[*]`, `$.rows[*].total`; see docs/bodies.md.
   */
  readonly ignore?: readonly PlaceRule[] | undefined;
  /** Arrays whose elements are paired by a key, in any order. Of others the order is compared. */
  readonly keyed?: Readonly<Record<string, KeyRule>> | undefined;
  /** Arrays whose order means nothing and whose elements have no key. */
  readonly unordered?: readonly PlaceRule[] | undefined;
  /** How far two values may be apart that still count as equal. */
  readonly tolerance?: Readonly<Record<string, ToleranceRule>> | undefined;
  /** What texts stand for, where the two sides write it differently. */
  readonly format?: Readonly<Record<string, FormatRule>> | undefined;
  /** Legacy's place to the candidate's: what was renamed or moved. Lists on the way (`[*]`) must be the same. */
  readonly map?: Readonly<Record<string, MapRule>> | undefined;
  /** Paths that say whose row it is: a value that only the candidate shows there is critical. */
  readonly owner?: readonly PlaceRule[] | undefined;
  /** Paths where any difference fails the gate at once. */
  readonly critical?: readonly string[] | undefined;
  /** Paths whose values are personal: stored only as keyed hashes, which keep equality visible. */
  readonly redact?: readonly string[] | undefined;
  /** Response headers that are compared, by what they mean where that is known. Default: content-type. */
  readonly headers?: readonly string[] | undefined;
}

/** See docs/comparing.md. */
export interface CompareRules extends RouteCompareRules {
  /** More rules for single routes (`GET /api/orders`), on top of those of the feature. */
  readonly routes?: Readonly<Record<string, RouteCompareRules>> | undefined;
  /**
   * Tokens for another page, by their place in the answer, to the query parameter that they are asked with:
   * `{ '$.next': 'cursor' }`. They are not compared, and each side is asked with its own. A place may hold an address.
   */
  readonly cursors?: CursorRules | undefined;
  /**
   * How long legacy may answer from a cache of its own: `'60s'`, or by route `{ 'GET /api/orders': '60s' }`. Before a
   * mismatch is said, so long is waited and legacy asked again.
   */
  readonly legacyCache?: LegacyCacheRule | undefined;
}

/** As written, with nothing left out. Read by `rulesOfRoute`. */
export interface NormalizedCompareRules {
  readonly ignore: readonly PlaceRule[];
  readonly keyed: Readonly<Record<string, KeyRule>>;
  readonly unordered: readonly PlaceRule[];
  readonly tolerance: Readonly<Record<string, ToleranceRule>>;
  readonly format: Readonly<Record<string, FormatRule>>;
  readonly map: Readonly<Record<string, MapRule>>;
  readonly owner: readonly PlaceRule[];
  readonly critical: readonly string[];
  readonly redact: readonly string[];
  /** In lower case. */
  readonly headers: readonly string[];
  readonly routes: Readonly<Record<string, RouteCompareRules>>;
  readonly cursors?: CursorRules | undefined;
  readonly legacyCache?: NormalizedLegacyCache | undefined;
}
