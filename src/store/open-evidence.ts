import { openStore } from './control-store.ts';
import { EvidenceStore } from './evidence-store.ts';
import { LegacyVariationStore } from './legacy-variation-store.ts';
import { sharedSecret } from './setting-store.ts';

export interface OpenEvidence extends AsyncDisposable {
  readonly evidence: EvidenceStore;
  readonly variations: LegacyVariationStore;
  /** The key of the hashes that stand for personal data: the same for all processes on one store. */
  readonly redactionKey: Uint8Array;
}

/** The evidence on a pool of its own, for a thread that shares no connection with others. */
export async function openEvidence(storeUrl: string): Promise<OpenEvidence> {
  const store = openStore(storeUrl, { applicationName: 'fig shadow', max: 2 });
  try {
    const redactionKey = await sharedSecret(store, 'redaction key');
    return {
      evidence: new EvidenceStore(store),
      variations: new LegacyVariationStore(store),
      redactionKey,
      [Symbol.asyncDispose]: () => store.destroy(),
    };
  } catch (error) {
    await store.destroy();
    throw error;
  }
}
