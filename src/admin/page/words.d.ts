export const kindWords: Readonly<Record<string, string>>;
export const verdictWords: Readonly<
  Record<'match' | 'mismatch' | 'error' | 'stale' | 'raced' | 'undetermined' | 'skipped', string>
>;
export const gateWords: Readonly<
  Record<'PASS' | 'FAIL' | 'INCONCLUSIVE', readonly [tone: 'good' | 'bad' | 'wait', word: string]>
>;
export const variationWords: Readonly<
  Record<'time' | 'token' | 'counter' | 'order' | 'cache' | 'lag' | 'other', string>
>;
