/** `npm run kafka`: a real Kafka on this machine, until Ctrl-C. */
import { describeError } from '../../src/kernel/fig-error.ts';
import { startBroker } from './broker.ts';
import { startConnect } from './connect.ts';

const help = `npm run kafka [-- --debezium] [-- --port 9092]

Starts a Kafka broker of one node on the loopback, and with --debezium Kafka Connect with Debezium's connector for
PostgreSQL, until Ctrl-C; then their data is removed. Needs Java 17 or newer and Maven.

Environment: FIG_KAFKA_CACHE (a folder for Kafka's jars, else node_modules/.cache), JAVA_HOME.
`;

async function main(args: readonly string[]): Promise<void> {
  const port = portOf(args);
  const asked = listenForEnd();
  const onProgress = progressOn(process.stderr);
  const running: { stop(): Promise<void> }[] = [];
  try {
    const broker = await startBroker({ onProgress, port });
    running.push(broker);
    onProgress('');
    process.stdout.write(`Kafka listens on ${broker.address}\n`);
    if (args.includes('--debezium') && !asked.aborted) {
      const connect = await startConnect({ broker: broker.address, onProgress });
      running.push(connect);
      onProgress('');
      process.stdout.write(`Kafka Connect listens on ${connect.url}\n`);
    }
    process.stderr.write('Ctrl-C ends it and removes its data\n');
    await new Promise<void>((resolve) => {
      asked.addEventListener('abort', () => resolve());
      if (asked.aborted) resolve();
    });
  } finally {
    for (const each of running.toReversed()) await each.stop();
  }
}

function listenForEnd(): AbortSignal {
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The user has had enough of waiting; the guard of each process ends it.
      if (end.signal.aborted) process.exit(130);
      process.stderr.write('\nstopping…\n');
      end.abort();
    });
  }
  return end.signal;
}

function portOf(args: readonly string[]): number | undefined {
  const at = args.indexOf('--port');
  if (at < 0) return undefined;
  const port = Number(args[at + 1]);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('--port takes a number from 1 to 65535');
  return port;
}

/** One line that changes on a terminal; elsewhere each step once. */
function progressOn(stream: NodeJS.WriteStream): (message: string) => void {
  let last = '';
  return (message) => {
    if (message === last) return;
    last = message;
    if (stream.isTTY) stream.write(`\r\u001b[K${message}`);
    else if (/^\D/.test(message)) stream.write(`${message}\n`);
  };
}

const args = process.argv.slice(2);
if (args.includes('--help')) {
  process.stdout.write(help);
} else {
  try {
    await main(args);
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = 1;
  }
}
