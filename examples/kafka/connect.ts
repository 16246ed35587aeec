import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchJars, type JarSet } from './fetch-jars.ts';
import { freePorts } from './free-ports.ts';
import { startJava, type JavaProcess } from './java-process.ts';

const START_BUDGET_MS = 120_000;

export interface ConnectOptions {
  /** `host:port` of a broker without encryption. */
  readonly broker: string;
  readonly onProgress?: ((message: string) => void) | undefined;
  /** The connectors it has. Default: Debezium's for PostgreSQL. */
  readonly plugins?: readonly Exclude<JarSet, 'kafka'>[] | undefined;
  /** Further settings of the worker, such as converters. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** A real Kafka Connect of one worker; for its REST interface see connectors.ts (Kafka 4.1, "Kafka Connect"). */
export interface Connect {
  /** `http://host:port` */
  readonly url: string;
  /** Of its process now; 0 before the first start. */
  pid(): number;
  log(): string;
  /** How far the connectors are is kept, in a file. */
  halt(how: 'in-order' | 'unclean'): Promise<void>;
  /** Starts it again. The connectors have to be added again, and then go on where they were. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startConnect(options: ConnectOptions): Promise<Connect> {
  const { broker, onProgress = () => undefined, plugins = ['debezium-postgres'], settings = {} } = options;
  const jars = await fetchJars('kafka', onProgress);
  const folder = await mkdtemp(join(tmpdir(), 'fig-connect-'));
  const pluginFolder = join(folder, 'plugins');
  const [port] = (await freePorts(1)) as [number];
  const url = `http://127.0.0.1:${String(port)}`;
  const config = join(folder, 'connect.properties');
  let running: JavaProcess | undefined;

  const start = async (): Promise<void> => {
    running = startJava({
      name: 'Kafka Connect',
      jars,
      main: 'org.apache.kafka.connect.cli.ConnectStandalone',
      args: [config],
      folder,
      heapMb: 384,
      informative: ['org.apache.kafka.connect.runtime.rest.RestServer', 'org.apache.kafka.connect.runtime.Connect'],
    });
    await running.until('Kafka Connect started', START_BUDGET_MS);
  };
  const halt = async (how: 'in-order' | 'unclean'): Promise<void> => {
    await (how === 'in-order' ? running?.stop() : running?.kill());
  };
  const stop = async (): Promise<void> => {
    await halt('unclean'); // Nobody will ask where its connectors were.
    await rm(folder, { recursive: true, force: true });
  };

  try {
    await mkdir(pluginFolder);
    for (const plugin of plugins) {
      // Each gets a class loader of its own, so that versions do not meet.
      await symlink(await fetchJars(plugin, onProgress), join(pluginFolder, plugin));
    }
    await writeFile(config, propertiesOf({ ...workerSettings(broker, url, folder), ...settings }));
    onProgress('starting Kafka Connect');
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    pid: () => running?.pid ?? 0,
    log: () => running?.log() ?? '',
    halt,
    start,
    stop,
  };
}

function workerSettings(broker: string, url: string, folder: string): Record<string, string> {
  return {
    'bootstrap.servers': broker,
    listeners: url,
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'offset.storage.file.filename': join(folder, 'offsets'),
    'offset.flush.interval.ms': '500',
    'plugin.path': join(folder, 'plugins'),
    'plugin.discovery': 'service_load',
  };
}

function propertiesOf(properties: Readonly<Record<string, string>>): string {
  return `${Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}`)
    .join('\n')}\n`;
}
