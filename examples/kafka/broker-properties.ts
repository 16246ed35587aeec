export interface BrokerPorts {
  readonly plain: number;
  readonly controller: number;
  /** TLS with a client certificate. */
  readonly tls: number;
  /** TLS with a login. */
  readonly login: number;
}

export interface BrokerUser {
  readonly name: string;
  readonly password: string;
  /** Such a user may do everything; any other may do nothing at all. */
  readonly isAdmin: boolean;
}

export interface BrokerSecurity {
  /** PEM texts; the key in PKCS#8. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** By PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 with a password, by OAUTHBEARER with an unsigned token of that `sub`. */
  readonly users: readonly BrokerUser[];
  /** Distinguished names of client certificates that may do everything, such as `CN=client`. */
  readonly certificates: readonly string[];
}

/** server.properties of one node that is broker and controller, on the loopback. Kafka 4.1, "Broker Configs". */
export function brokerProperties(
  folder: string,
  ports: BrokerPorts,
  security: BrokerSecurity | undefined,
  settings: Readonly<Record<string, string>>,
): string {
  const listeners = { PLAINTEXT: ports.plain, ...(security && { TLS: ports.tls, LOGIN: ports.login }) };
  const all = Object.entries({ ...listeners, CONTROLLER: ports.controller });
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${String(ports.controller)}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: all.map(([name, port]) => `${name}://127.0.0.1:${String(port)}`).join(','),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,LOGIN:SASL_SSL',
    'log.dirs': `${folder}/data`,
    // One node has nobody to replicate to.
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // After a kill the controller waits until the lease of the broker's former life has ended.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    // By default a third of the heap.
    'log.cleaner.dedupe.buffer.size': '8388608',
    ...(security && securityProperties(security)),
    ...settings,
  };
  return `${Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(value)}`)
    .join('\n')}\n`;
}

function securityProperties({ ca, cert, key, users, certificates }: BrokerSecurity): Record<string, string> {
  const module = 'org.apache.kafka.common.security';
  const passwords = users.map(({ name, password }) => `user_${name}="${password}"`).join(' ');
  const admins = ['ANONYMOUS', ...users.filter(({ isAdmin }) => isAdmin).map(({ name }) => name), ...certificates];
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': cert,
    'ssl.keystore.key': key,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': ca,
    'listener.name.tls.ssl.client.auth': 'required',
    'listener.name.login.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.login.plain.sasl.jaas.config': `${module}.plain.PlainLoginModule required ${passwords};`,
    'listener.name.login.scram-sha-256.sasl.jaas.config': `${module}.scram.ScramLoginModule required;`,
    'listener.name.login.scram-sha-512.sasl.jaas.config': `${module}.scram.ScramLoginModule required;`,
    'listener.name.login.oauthbearer.sasl.jaas.config': `${module}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': admins.map((name) => `User:${name}`).join(';'),
  };
}

function escaped(value: string): string {
  return value.trim().replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
