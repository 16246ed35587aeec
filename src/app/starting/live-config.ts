import type { LiveSettings } from '../../../proxy/proxy-options.ts';
import { changedKeys, digestOf } from '../../config/config-changes.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { NormalizedConfig, NormalizedFeature } from '../../config/normalized-config.ts';
import { FigError } from '../../kernel/fig-error.ts';
import type { ReloadOutcome } from '../control.ts';

/**
 * What may change while requests are under way. Everything else is either bound to something that is open (addresses,
 * databases), or is what evidence and fences were gathered under (routes, handlers, rules, how visitors are told apart).
 */
const liveKeys: readonly RegExp[] = [
  /^limits\./,
  /^fenceBudgetMs$/,
  /^listen\.(drainDelayMs|stopGraceMs)$/,
  /^features\.[^.]+\.cutover\./,
  // As far as they only say something else of themselves: what they do is part of the fingerprint, which is not live.
  /^features\.[^.]+\.compare\./,
];

function isLive(key: string): boolean {
  return liveKeys.some((live) => live.test(key));
}

/** Named beside the fingerprint, which tells nobody what has changed. */
function isOtherRule(key: string, changed: readonly string[]): boolean {
  const [, feature] = /^features\.([^.]+)\.compare\./.exec(key) ?? [];
  return feature !== undefined && changed.includes(`features.${feature}.fingerprint`);
}

/** Identifies what cannot change without a restart: processes that are to be one fig must agree on it. */
export function fixedDigest(config: NormalizedConfig): string {
  return digestOf(config, (key) => !isLive(key));
}

/**
 * Identifies what processes of one migration must agree on wherever they run: what is asked of whom, and how visitors are told
 * apart. Addresses and limits are each machine's own.
 */
export function sharedDigest(config: NormalizedConfig): string {
  return digestOf(config, (key) => !isLive(key) && /^(name$|visitor\.|features\.|domainTopics\.types\.)/.test(key));
}

/** What takes over the new settings. */
interface Reconfigurable {
  reconfigure(settings: LiveSettings): void;
}

/** The config as it is now. Swapped whole, or not at all. */
export class LiveConfig {
  readonly #file: string;
  #current: NormalizedConfig;
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(file: string, config: NormalizedConfig) {
    this.#file = file;
    this.#current = config;
  }

  /** As it is now. */
  get current(): NormalizedConfig {
    return this.#current;
  }

  /** The features, whose rules of cutover and what comparison rules say of themselves are always the present ones. */
  features(): NormalizedFeature[] {
    return this.#current.features.map((feature) => {
      const present = (): NormalizedFeature =>
        this.#current.features.find(({ name }) => name === feature.name) ?? feature;
      return Object.defineProperties(
        { ...feature },
        {
          cutover: { get: () => present().cutover, enumerable: true },
          compare: { get: () => present().compare, enumerable: true },
        },
      );
    });
  }

  /**
   * Reads the file again and takes over what may change. Throws FIG_RELOAD_REFUSED when something else changed too, and what
   * `loadConfig` throws; then everything stays as it was.
   */
  reload(proxy: Reconfigurable): Promise<ReloadOutcome> {
    const turn = this.#reloading.then(() => this.#reload(proxy));
    this.#reloading = turn.catch(() => undefined);
    return turn;
  }

  async #reload(proxy: Reconfigurable): Promise<ReloadOutcome> {
    const next = await loadConfig(this.#file);
    const changed = changedKeys(this.#current, next);
    const fixed = changed.filter((key) => !isLive(key) || isOtherRule(key, changed));
    if (fixed.length > 0) {
      throw new FigError('FIG_RELOAD_REFUSED', `nothing was changed, because a restart is needed for ${list(fixed)}`);
    }
    const { limits, fenceBudgetMs, listen } = next;
    proxy.reconfigure({
      limits,
      fenceBudgetMs,
      drainDelayMs: listen.drainDelayMs,
      stopGraceMs: listen.stopGraceMs,
    });
    this.#current = next;
    return { changed };
  }
}

const SHOWN = 10;

function list(keys: readonly string[]): string {
  const more = keys.length > SHOWN ? ` and ${keys.length - SHOWN} more` : '';
  return `${keys.slice(0, SHOWN).join(', ')}${more}`;
}
