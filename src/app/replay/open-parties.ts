import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { type FeatureVersion, versionsOf } from '../../config/feature-versions.ts';
import type { NormalizedConfig } from '../../config/normalized-config.ts';
import { isCaptured } from '../../config/read-model-kinds.ts';
import { arrivesWithinMs, isLanding } from '../../config/settled-writes.ts';
import type { RawHeaders } from '../../kernel/exchange.ts';
import { silentLog } from '../../kernel/log.ts';
import { anyKey } from '../../kernel/parked-keys.ts';
import { DeadLetterStore } from '../../store/dead-letter-store.ts';
import { readModelNames } from '../../store/read-model-names.ts';
import { sharedSecret } from '../../store/setting-store.ts';
import { createCandidates } from '../serving/candidates.ts';
import { openLegacyPosition, readAndNudge } from '../serving/legacy-position.ts';
import { parkedReads, type RoutedRead } from '../serving/parked-reads.ts';
import { VersionBook } from '../versions/version-book.ts';
import { Parties } from './parties.ts';
import { StoredPosition } from './stored-position.ts';

/** The control store that a fig uses, and where it is. */
export interface OpenControlStore {
  readonly url: string;
  readonly knex: Knex;
}

export interface OpenPartiesOptions {
  readonly config: NormalizedConfig;
  /** Undefined: no read model can be read, and no position is known. */
  readonly store: OpenControlStore | undefined;
  /** In place of what the config says. */
  readonly legacyUrl?: URL | undefined;
  readonly candidateUrl?: URL | undefined;
  readonly given: RawHeaders;
}

export interface OpenedParties extends AsyncDisposable {
  readonly parties: Parties;
  /** Whether a read may be about a key that could not be built, of which it is known that the read model is wrong. */
  readonly isParked: (read: RoutedRead) => boolean;
}

/**
 * Opens legacy and the candidates as the config declares them, in this process: handlers are asked as they are in the files
 * now, also where a fig runs with older ones. Of a feature with two versions the newest is asked.
 */
export async function openParties(options: OpenPartiesOptions): Promise<OpenedParties> {
  const { config, store, legacyUrl, candidateUrl, given } = options;
  const versions = config.features.map((feature) => askedVersion(feature, candidateUrl));
  const source = openLegacyPosition(config, silentLog);
  const candidates = createCandidates(
    versions.filter((version) => version.candidateUrl !== undefined || store !== undefined),
    { target: store?.url ?? '', legacy: config.legacy.database },
  );
  const parties = new Parties({
    versions: versions.map((each) => ({ ...each, arrivesWithinMs: arrivesWithinMs(each.readModel, config) })),
    legacy: { url: legacyUrl ?? config.legacy.url, tls: config.legacy.tls },
    candidate: (key) => candidates.candidate(key),
    applied: (key) => {
      const readModel = versions.find((each) => each.key === key)?.readModel;
      if (store === undefined || source === undefined || !readModel || !isCaptured(readModel)) return undefined;
      // What is stored is a position of the database that it lands in.
      if (isLanding(config)) return undefined;
      return new StoredPosition(store.knex, readModelNames(readModel).projection);
    },
    readSourcePosition: () => (source ? readAndNudge(source) : Promise.reject(new Error('legacy.database is not set'))),
    redactionKey: store ? await sharedSecret(store.knex, 'redaction key') : randomBytes(32),
    given,
  });
  return {
    parties,
    isParked: store ? await parkedNow(config, store.knex) : () => false,
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled([
        parties[Symbol.asyncDispose](),
        candidates[Symbol.asyncDispose](),
        source?.[Symbol.asyncDispose](),
      ]);
    },
  };
}

/** A service that was named answers whatever the config says of a read model, which then says nothing of its position. */
function askedVersion(feature: NormalizedConfig['features'][number], candidateUrl: URL | undefined): FeatureVersion {
  const version = versionsOf(feature)[0]!;
  return candidateUrl === undefined ? version : { ...version, candidateUrl, readModel: undefined };
}

async function parkedNow({ features }: NormalizedConfig, store: Knex): Promise<(read: RoutedRead) => boolean> {
  const letters = await new DeadLetterStore().list(store);
  const book = new VersionBook(features);
  return parkedReads(book, (key) => {
    const readModel = book.all().find((each) => each.key === key)?.readModel;
    if (!readModel || !isCaptured(readModel)) return { parked: [] };
    const { projection } = readModelNames(readModel);
    return { parked: letters.filter((each) => each.projection === projection).map((each) => each.key ?? anyKey) };
  });
}
