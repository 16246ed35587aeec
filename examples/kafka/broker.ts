import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerProperties, type BrokerPorts, type BrokerSecurity } from './broker-properties.ts';
import { fetchJars } from './fetch-jars.ts';
import { freePorts } from './free-ports.ts';
import { runJava, startJava, type JavaProcess } from './java-process.ts';

/** A busy machine, and the recovery of the log after a kill, both take their time. */
const START_BUDGET_MS = 90_000;
const HEAP_MB = 384;

export interface BrokerOptions {
  readonly onProgress?: ((message: string) => void) | undefined;
  /** With it the broker also listens with TLS and logins, and asks who may do what. */
  readonly security?: BrokerSecurity | undefined;
  /** Further broker settings. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Of the plain listener. Default: a free one. */
  readonly port?: number | undefined;
  /** Keeps its data, for a later broker with the same folder. Default: a new folder, which goes with the broker. */
  readonly folder?: string | undefined;
}

/** A real Kafka broker of one node on the loopback, with data of its own. */
export interface Broker {
  /** `host:port` without encryption, and, where there is security, with a client certificate or a login. */
  readonly address: string;
  readonly tlsAddress: string;
  readonly loginAddress: string;
  /** Of its process; 0 while it does not run. */
  pid(): number;
  /** Its last words. */
  log(): string;
  /** Ends it in order, or as a power cut would. The data stays, for `start`. */
  halt(how: 'in-order' | 'unclean'): Promise<void>;
  /** Starts it again on its data and its ports. */
  start(): Promise<void>;
  /** Stands still, as a machine that swaps: connections stay open and nothing is answered. */
  pause(): void;
  resume(): void;
  /** Ends it, and removes its data unless they are kept. */
  stop(): Promise<void>;
}

/** Fetches Kafka where needed, and starts it. Throws where Java or Maven are missing, or with the broker's last words. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { onProgress = () => undefined, security, settings = {} } = options;
  const jars = await fetchJars('kafka', onProgress);
  const isKept = options.folder !== undefined;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'fig-kafka-')));
  const [plain, controller, tls, login] = (await freePorts(4)) as [number, number, number, number];
  const ports: BrokerPorts = { plain: options.port ?? plain, controller, tls, login };
  const config = join(folder, 'server.properties');
  let running: JavaProcess | undefined;

  const start = async (): Promise<void> => {
    running = startJava({
      name: 'the Kafka broker',
      jars,
      main: 'kafka.Kafka',
      args: [config],
      folder: isKept ? undefined : folder,
      heapMb: HEAP_MB,
      informative: ['kafka.server.KafkaRaftServer'],
    });
    await running.until('Kafka Server started', START_BUDGET_MS);
  };
  const halt = async (how: 'in-order' | 'unclean'): Promise<void> => {
    await (how === 'in-order' ? running?.stop() : running?.kill());
  };
  const stop = async (): Promise<void> => {
    await halt(isKept ? 'in-order' : 'unclean');
    if (!isKept) await rm(folder, { recursive: true, force: true });
  };

  try {
    await mkdir(folder, { recursive: true });
    await writeFile(config, brokerProperties(folder, ports, security, settings), { mode: 0o600 });
    if (!existsSync(join(folder, 'data', 'meta.properties'))) {
      onProgress('formatting the storage');
      await runJava({
        name: 'formatting the storage of Kafka',
        jars,
        main: 'kafka.tools.StorageTool',
        args: ['format', '-t', clusterId(), '-c', config, ...scramArguments(security)],
        heapMb: 128,
      });
    }
    onProgress('starting the broker');
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  const signal = (name: NodeJS.Signals): void => {
    if (running !== undefined) process.kill(running.pid, name);
  };
  return {
    address: `127.0.0.1:${String(ports.plain)}`,
    tlsAddress: `127.0.0.1:${String(ports.tls)}`,
    loginAddress: `127.0.0.1:${String(ports.login)}`,
    pid: () => running?.pid ?? 0,
    log: () => running?.log() ?? '',
    halt,
    start,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    stop,
  };
}

/** A UUID as Kafka writes it: 22 characters, none of which the command line takes for an option. */
function clusterId(): string {
  return `f${randomBytes(16).toString('base64url').slice(1, 21)}A`;
}

/** What a login needs is written into the cluster's metadata before the first start. */
function scramArguments(security: BrokerSecurity | undefined): string[] {
  return (security?.users ?? []).flatMap(({ name, password }) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );
}
