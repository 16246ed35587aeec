import type { LegacyAsker } from '../../shadow/ask-legacy.ts';
import { defaultShadowSettings, ExchangeComparer } from '../../shadow/exchange-comparer.ts';
import type { NormalizedCompareRules } from '../../src/config/compare-rules.ts';
import type { Candidate } from '../../src/kernel/candidate.ts';
import { silentLog } from '../../src/kernel/log.ts';
import type { EvidenceItem } from '../../src/store/evidence-item.ts';
import { noCompareRules } from './arbitraries.ts';

/** Compares one feature, `orders`, between a candidate and legacy, and without a database that tells positions. */
export function comparerBetween(
  candidate: Candidate,
  legacy: LegacyAsker,
  compare: NormalizedCompareRules = noCompareRules,
): { readonly comparer: ExchangeComparer; readonly items: readonly EvidenceItem[] } {
  const items: EvidenceItem[] = [];
  const comparer = new ExchangeComparer({
    candidates: {
      candidate: () => candidate,
      features: [{ name: 'orders', key: 'orders', fingerprint: 'f1', compare, readModel: undefined }],
      readSourcePosition: async () => 1n,
      close: async () => undefined,
    },
    legacy,
    applied: () => undefined,
    redactionKey: Buffer.from('key'),
    record: (item) => items.push(item),
    settings: { ...defaultShadowSettings, settleMs: 1 },
    log: silentLog,
  });
  return { comparer, items };
}
