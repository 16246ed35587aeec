import type { DifferenceKind } from '../../store/reconciliation-store.ts';
import { sleep } from '../../kernel/service.ts';
import type { MirrorTable } from '../mirror/mirror-table.ts';
import { textOfKey } from '../mirror/collapse-changes.ts';
import type { Key } from './compared-table.ts';
import { abandonIf, openPair, type ReconcileParts } from './snapshot-pair.ts';

const KEYS_PER_LOOK = 500;
/** A row that legacy changes all the time is looked at so often before it is left undecided. */
const MAX_LOOKS = 20;
const REST_MS = 50;

export interface SettledKeys {
  /** By the text of the key. */
  readonly differing: ReadonlyMap<string, DifferenceKind>;
  /** Changed by legacy at every look. */
  readonly undecided: readonly Key[];
}

/** Looks at keys that seemed to differ again, each in new snapshots, until it is known of each whether it does. */
export async function settleKeys(
  parts: ReconcileParts,
  mirror: MirrorTable,
  keys: readonly Key[],
): Promise<SettledKeys> {
  const differing = new Map<string, DifferenceKind>();
  let open = keys;
  for (let look = 0; look < MAX_LOOKS && open.length > 0; look += 1) {
    if (look > 0) await sleep(REST_MS, parts.signal);
    const later: Key[] = [];
    for (let start = 0; start < open.length; start += KEYS_PER_LOOK) {
      abandonIf(parts.signal);
      const slice = open.slice(start, start + KEYS_PER_LOOK);
      await using pair = await openPair(parts, mirror);
      const [source, target] = await Promise.all([pair.source.digestsOf(slice), pair.mirror.digestsOf(slice)]);
      for (const key of slice) {
        const text = textOfKey(key);
        const kind = kindOf(source.get(text), target.get(text));
        if (kind === undefined) continue;
        if (pair.isUnseen(text)) later.push(key);
        else differing.set(text, kind);
      }
    }
    open = later;
  }
  return { differing, undecided: open };
}

function kindOf(source: string | undefined, mirror: string | undefined): DifferenceKind | undefined {
  if (source === mirror) return undefined;
  if (mirror === undefined) return 'missing';
  return source === undefined ? 'extra' : 'different';
}
