import type { ErrorCode } from '../../../kernel/error-codes.ts';
import { FigError, describeError } from '../../../kernel/fig-error.ts';

/** Names of error codes of the protocol (Kafka, "Protocol Error Codes"). */
const refusals =
  /^(SASL_AUTHENTICATION_FAILED|UNSUPPORTED_SASL_MECHANISM|ILLEGAL_SASL_STATE|SECURITY_DISABLED|\w+_AUTHORIZATION_FAILED)$/;
const aboutTopics =
  /^(UNKNOWN_TOPIC_OR_PARTITION|INVALID_TOPIC_EXCEPTION|MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE|POLICY_VIOLATION|INVALID_PARTITIONS|INVALID_REPLICATION_FACTOR|INVALID_CONFIG|INVALID_RECORD|NOT_ENOUGH_REPLICAS(_AFTER_APPEND)?)$/;
/** What node calls certificates that it does not believe, and alerts of the other side. */
const ofTls = /^(ERR_(SSL|TLS)_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$|HOSTNAME_MISMATCH)/;
const unreachable = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSBrokerNotFound',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSLockTimeout',
  'KafkaJSTimeout',
]);

const closedRemedy =
  'If it is like this from the beginning: see whether this port of the brokers speaks TLS and asks for a login, and whether `security` says the same. It is tried again by itself.';

/**
 * What kafkajs threw, as an error of ours. `doing` completes "could not ...". An error that is ours already, such as a
 * certificate that cannot be read, stays as it is.
 */
export function kafkaError(thrown: unknown, doing: string): FigError {
  if (thrown instanceof FigError) return thrown;
  const chain = chainOf(thrown);
  const code = chain.map(codeOf).find((found) => found !== undefined) ?? 'FIG_KAFKA_FAILED';
  const remedy = chain.some(isClosed) && code === 'FIG_KAFKA_UNREACHABLE' ? closedRemedy : undefined;
  return new FigError(code, `could not ${doing}: ${textOf(chain, thrown)}`, { cause: thrown, remedy });
}

/** The other side has ended the connection without a word: so does a broker that is spoken to in a way that it does not expect. */
function isClosed({ name, message }: Error): boolean {
  return name === 'KafkaJSConnectionClosedError' || /before secure TLS connection was established/.test(message);
}

/** Names and codes of the error and of what caused it, the outermost first. */
function chainOf(thrown: unknown): Error[] {
  const chain: Error[] = [];
  let current = thrown;
  while (current instanceof Error && !chain.includes(current)) {
    chain.push(current);
    current = current instanceof AggregateError || 'errors' in current ? firstOf(current) : current.cause;
  }
  return chain;
}

function firstOf(error: Error): unknown {
  const errors: unknown = Reflect.get(error, 'errors');
  return Array.isArray(errors) ? errors[0] : error.cause;
}

function codeOf(error: Error): ErrorCode | undefined {
  const type: unknown = Reflect.get(error, 'type');
  const code: unknown = Reflect.get(error, 'code');
  if (error.name === 'KafkaJSSASLAuthenticationError') return 'FIG_KAFKA_REFUSED';
  if (error.name === 'KafkaJSNotImplemented' && /compression/.test(error.message)) return 'FIG_KAFKA_COMPRESSION';
  if (typeof type === 'string' && refusals.test(type)) return 'FIG_KAFKA_REFUSED';
  if (typeof code === 'string' && ofTls.test(code)) return 'FIG_KAFKA_REFUSED';
  if (typeof type === 'string' && aboutTopics.test(type)) return 'FIG_KAFKA_TOPIC';
  return unreachable.has(error.name) ? 'FIG_KAFKA_UNREACHABLE' : undefined;
}

/** kafkajs repeats the message of a cause in the error around it. */
function textOf(chain: readonly Error[], thrown: unknown): string {
  const texts = [...new Set(chain.map(({ message }) => message.trim()).filter((text) => text !== ''))];
  return texts.length === 0 ? describeError(thrown) : texts.join(': ');
}
