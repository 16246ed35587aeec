import { request, type Agent } from 'undici';

export interface ShopAnswer {
  readonly status: number;
  /** The parsed body; undefined when it was no JSON. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** The shop could not be reached, or did not answer in time. */
export class ShopUnreachable extends Error {}

/** One visitor's browser: keeps every cookie it is given. */
export class ShopClient {
  readonly #origin: string;
  readonly #agent: Agent;
  readonly #cookies = new Map<string, string>();

  constructor(origin: string, agent: Agent) {
    this.#origin = origin;
    this.#agent = agent;
  }

  async send(method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown): Promise<ShopAnswer> {
    try {
      const response = await request(new URL(path, this.#origin), {
        method,
        dispatcher: this.#agent,
        headersTimeout: 15_000,
        bodyTimeout: 15_000,
        headers: {
          ...(this.#cookies.size > 0 ? { cookie: this.#cookieHeader() } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      this.#keep(response.headers['set-cookie']);
      return { status: response.statusCode, body: parsed(await response.body.text()) };
    } catch (error) {
      throw new ShopUnreachable(`${method} ${path} got no answer`, { cause: error });
    }
  }

  #cookieHeader(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  #keep(setCookie: string | string[] | undefined): void {
    for (const line of [setCookie ?? []].flat()) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
