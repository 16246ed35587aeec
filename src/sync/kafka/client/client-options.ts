import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { ISocketFactoryArgs, KafkaConfig, SASLOptions } from 'kafkajs';
import type { KafkaSasl } from '../../../config/events-definition.ts';
import { readTlsMaterial } from '../../../config/tls-material.ts';
import type { KafkaAccess } from './access.ts';

const KEEP_ALIVE_MS = 10_000;

/** Tries five times within about three seconds, then tells us; longer waits are ours to decide. */
const retry = { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2, retries: 5 };

/** The options of kafkajs. Reads the certificates; throws FIG_CERTIFICATE_INVALID. */
export function clientOptions({ brokers, security }: KafkaAccess): KafkaConfig {
  return {
    brokers: [...brokers],
    // What we are called in the brokers' logs and quotas.
    clientId: 'fig',
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    requestTimeout: 15_000,
    retry,
    socketFactory: openSocket,
    ...(security.tls && { ssl: tlsOptions(security.tls) }),
    ...(security.sasl && { sasl: saslOptions(security.sasl) }),
  };
}

/** A broker is always verified. */
function tlsOptions(tls: NonNullable<KafkaAccess['security']['tls']>): ConnectionOptions {
  const { cert, key, ca } = readTlsMaterial(tls, 'events.security.tls');
  const { servername } = tls;
  const given = { cert, key, ca, servername };
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ConnectionOptions),
    rejectUnauthorized: true,
  };
}

function saslOptions(sasl: KafkaSasl): SASLOptions {
  if (sasl.mechanism === 'oauthbearer') {
    return { mechanism: sasl.mechanism, oauthBearerProvider: async () => ({ value: await sasl.token() }) };
  }
  const { mechanism, username, password } = sasl;
  return { mechanism, username, password: password.reveal() };
}

/** As kafkajs does it, but without Nagle's algorithm, which would hold small messages back for up to 40 ms. */
function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  // An address is no server name (RFC 6066 section 3); the certificate is then checked against the address.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = ssl ? connectTls({ host, port, ...name, ...ssl }, onConnect) : connectTcp({ host, port }, onConnect);
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
}
