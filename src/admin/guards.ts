import { timingSafeEqual } from 'node:crypto';

/** What the guards decide on; header names in lower case, as node gives them. */
export interface GuardedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly remedy: string;
}

export interface GuardOptions {
  /** Required as `Authorization: Bearer ...`; undefined where only this machine can connect. */
  readonly token: string | undefined;
}

/** Whether a host name or address can only mean this machine. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    /^127(\.\d{1,3}){3}$/.test(name) ||
    name === '::1' ||
    name === '0:0:0:0:0:0:0:1' ||
    /^::ffff:127(\.\d{1,3}){3}$/.test(name)
  );
}

/**
 * Why a request is not served; undefined when it is. Three guards, in this order: a page of another site must not reach us
 * under its own name (DNS rebinding), a caller from another machine must have the token, and a form or script of another
 * site must not be able to change anything (both required headers force a preflight, which nobody answers).
 */
export function refusalOf(request: GuardedRequest, options: GuardOptions): Refusal | undefined {
  return hostRefusal(request, options) ?? tokenRefusal(request, options) ?? changeRefusal(request);
}

function hostRefusal(request: GuardedRequest, options: GuardOptions): Refusal | undefined {
  // With a token the name does not matter: a foreign page cannot know the token.
  if (options.token !== undefined) return undefined;
  const host = text(request.headers.host);
  const name = /^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(host)?.[1];
  if (name !== undefined && isLoopbackHost(name)) return undefined;
  return {
    status: 403,
    message: `the Host header ${JSON.stringify(host)} does not name this machine`,
    remedy: 'Ask under 127.0.0.1 or localhost.',
  };
}

function tokenRefusal(request: GuardedRequest, options: GuardOptions): Refusal | undefined {
  // The probes of a container have no token, and the answers say next to nothing.
  if (options.token === undefined || request.path === '/healthz' || request.path === '/readyz') return undefined;
  const given = /^Bearer (.+)$/i.exec(text(request.headers.authorization))?.[1];
  if (given !== undefined && isEqualSecret(given, options.token)) return undefined;
  return {
    status: 401,
    message: given === undefined ? 'a token is required' : 'the token is not the right one',
    remedy: 'Send Authorization: Bearer with the value of FIG_ADMIN_TOKEN.',
  };
}

function changeRefusal(request: GuardedRequest): Refusal | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  if (!/^application\/json\s*(;|$)/i.test(text(request.headers['content-type']))) {
    return {
      status: 415,
      message: 'a request that changes something must be JSON',
      remedy: 'Send content-type: application/json.',
    };
  }
  if (text(request.headers['x-fig-admin']) !== '1') {
    return {
      status: 403,
      message: 'a request that changes something must say that it was meant for fig',
      remedy: 'Send the header x-fig-admin: 1.',
    };
  }
  const site = text(request.headers['sec-fetch-site']);
  if (site !== '' && site !== 'same-origin' && site !== 'none') {
    return { status: 403, message: 'the request comes from a page of another site', remedy: 'Use the status page.' };
  }
  return undefined;
}

function isEqualSecret(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function text(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
