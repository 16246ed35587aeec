import type { LegacyVaries } from '../../app/reports/legacy-varies.ts';

export interface VariationLine {
  readonly path: string;
  readonly route: string;
  /** `the time of the answer, in 40 of 41 looks` */
  readonly what: string;
  /** `"12:00:00", then "12:00:01"`; as they are stored: not made safe to print. */
  readonly values: string;
  /** In the words of a config; undefined: none suggests itself. */
  readonly rule: string | undefined;
}

export declare function variationLine(varies: LegacyVaries): VariationLine;
