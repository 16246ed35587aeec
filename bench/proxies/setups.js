import { startChild } from '../load/child.js';
import { nativeVersion, startNative } from './native.js';

const host = new URL('host.js', import.meta.url);

/**
 * @typedef {{ upstream: number, database?: string | undefined, profile?: string | undefined }} Behind
 * @typedef {{ name: string, title: string, needsDatabase?: boolean, absent?: () => boolean, start: (behind: Behind) => Promise<any> }} Setup
 */

/** @type {readonly Setup[]} */
export const setups = [
  {
    name: 'direct',
    title: 'no proxy',
    start: async ({ upstream }) => ({ port: upstream, ask: async () => undefined, stop: async () => undefined }),
  },
  native('nginx'),
  native('haproxy'),
  peer('undici', 'bare undici dispatch loop'),
  peer('plain', 'http.request and pipe'),
  peer('http-proxy', 'http-proxy'),
  peer('http-proxy-3', 'http-proxy-3'),
  peer('httpxy', 'httpxy'),
  peer('fastify-http', '@fastify/http-proxy, http'),
  peer('fastify-undici', '@fastify/http-proxy, undici'),
  ours('ours-legacy', 'ours, legacy', { name: 'legacy', percent: 0 }, false),
  ours('ours-shadow', 'ours, shadow 100 %', { name: 'shadow', percent: 0 }, true),
  ours('ours-canary', 'ours, canary 50 %', { name: 'canary', percent: 50 }, true),
  ours('ours-live', 'ours, live, query in process', { name: 'live', percent: 100 }, true),
];

function native(kind) {
  return {
    name: kind,
    title: `${kind}, one worker`,
    absent: () => nativeVersion(kind) === undefined,
    start: ({ upstream }) => startNative(kind, upstream),
  };
}

function peer(name, title) {
  return {
    name,
    title,
    start: ({ upstream, profile }) => startChild(host, [name, JSON.stringify({ upstream })], profiling(profile)),
  };
}

function ours(name, title, phase, needsDatabase) {
  return {
    name,
    title,
    needsDatabase,
    start: ({ upstream, database, profile }) =>
      startChild(
        host,
        ['ours', JSON.stringify({ upstream, phase, database: needsDatabase ? database : undefined })],
        profiling(profile),
      ),
  };
}

function profiling(folder) {
  return folder === undefined ? {} : { execArgv: ['--cpu-prof', `--cpu-prof-dir=${folder}`] };
}
