export interface ExcerptSide {
  readonly before: string;
  readonly differs: string;
  readonly after: string;
}

export interface ExcerptRow {
  readonly isEqual: boolean;
  readonly legacy: ExcerptSide | undefined;
  readonly candidate: ExcerptSide | undefined;
}

export function excerpt(legacy: string | undefined, candidate: string | undefined): readonly ExcerptRow[];
export function spread(text: string): readonly string[];
export function differingParts(left: string, right: string): readonly [ExcerptSide, ExcerptSide];
