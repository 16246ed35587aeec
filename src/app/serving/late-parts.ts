import type { SeenRequest } from '../../../proxy/seen-request.ts';
import type { ProxyOptions } from '../../../proxy/proxy-options.ts';
import type { Candidate } from '../../kernel/candidate.ts';
import type { ExchangeSink } from '../../kernel/exchange.ts';
import type { AppliedPosition, SourcePosition } from '../../kernel/position.ts';
import { FENCE_SECRET_BYTES } from './fence-secret-file.ts';
import type { RoutedRead } from './parked-reads.ts';

interface Parts {
  readonly candidate: ProxyOptions['candidate'];
  readonly applied: ProxyOptions['applied'];
  readonly isParked: (read: RoutedRead) => boolean;
  readonly source: SourcePosition | undefined;
  readonly sourceLog: () => string | undefined;
  readonly sink: ExchangeSink;
  /** Told of requests. */
  readonly traffic?: RequestListener | undefined;
}

/** Told of every request of a proxy, from its beginning to its end. */
export interface RequestListener {
  began(): void;
  ended(seen: SeenRequest): void;
}

/**
 * What the proxy leans on that may come after it, when it starts while the control store is away. Until then there is no
 * candidate, no read model and no shadow, so legacy answers.
 */
export class LateParts {
  /** Filled in place before the first request, and again when the store has told the one that all proxies share. */
  readonly fenceSecret = new Uint8Array(FENCE_SECRET_BYTES);
  #parts: Parts | undefined;
  #underWay = 0;

  provide(parts: Parts): void {
    this.#parts = parts;
    for (let i = 0; i < this.#underWay; i += 1) parts.traffic?.began();
  }

  candidate(feature: string, version: number | undefined): Candidate | undefined {
    return this.#parts?.candidate(feature, version);
  }

  applied(feature: string, version: number | undefined): AppliedPosition | undefined {
    return this.#parts?.applied(feature, version);
  }

  /** Without a candidate nothing is asked of the read model, so nothing of it can be wrong. */
  isParked(read: RoutedRead): boolean {
    return this.#parts?.isParked(read) ?? false;
  }

  sourceLog(): string | undefined {
    return this.#parts?.sourceLog();
  }

  /** Requests that began before there was a listener are begun for it when it comes. */
  began(): void {
    this.#underWay += 1;
    this.#parts?.traffic?.began();
  }

  ended(seen: SeenRequest): void {
    // Of a tunnel only its opening is told, once that is over.
    if (seen.reason === 'upgrade') this.began();
    this.#underWay -= 1;
    this.#parts?.traffic?.ended(seen);
  }

  readonly source: SourcePosition = {
    read: () => this.#parts?.source?.read() ?? Promise.reject(new Error('the source is not followed yet')),
    nudge: () => this.#parts?.source?.nudge(),
  };

  readonly sink: ExchangeSink = {
    wants: (feature, route, asker) => this.#parts?.sink.wants(feature, route, asker) ?? false,
    offer: (exchange) => this.#parts?.sink.offer(exchange),
    dropped: (feature, route, reason) => this.#parts?.sink.dropped(feature, route, reason),
  };
}
