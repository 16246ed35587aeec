import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireTools } from './find-java.ts';

/** Where the poms are, also for the compiled form. */
const poms = new URL(import.meta.url.endsWith('.ts') ? './jars/' : '../../../examples/kafka/jars/', import.meta.url);
const defaultCache = new URL('../../../node_modules/.cache/strangler-fig/kafka/', poms);

/** Named here so that an old Maven does not take the plugin of its own time. */
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** Which jars: the name of a folder under `jars/`. */
export type JarSet = 'kafka' | 'debezium-postgres' | 'debezium-mysql' | 'debezium-mysql-3';

/**
 * The folder of the jars that `jars/<set>/pom.xml` asks for. They are fetched once by Maven and kept under
 * `node_modules/.cache`, or in FIG_KAFKA_CACHE, by the digest of the pom, so that a change of it fetches anew.
 */
export async function fetchJars(set: JarSet, onProgress: (message: string) => void = () => undefined): Promise<string> {
  const pom = fileURLToPath(new URL(`${set}/pom.xml`, poms));
  const digest = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  const { FIG_KAFKA_CACHE: chosen } = process.env;
  const cache = chosen === undefined || chosen === '' ? fileURLToPath(defaultCache) : chosen;
  const folder = join(cache, `${set}-${digest}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, `.${set}-`));
  try {
    await copyDependencies(pom, unfinished, onProgress);
    // Another process may have been as quick: what it fetched is the same.
    await rename(unfinished, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

async function copyDependencies(pom: string, folder: string, onProgress: (message: string) => void): Promise<void> {
  const { mvn, java } = requireTools();
  const args = ['-B', '-f', pom, COPY, `-DoutputDirectory=${folder}`, '-DincludeScope=runtime'];
  const child = spawn(mvn, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let fetched = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-8_000);
      fetched += [...text.matchAll(/Downloaded from .*\.jar/g)].length;
      if (fetched > 0) onProgress(`${String(fetched)} jars fetched`);
    });
  }
  onProgress('asking Maven for the jars');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  const errors = output.split('\n').filter((line) => line.startsWith('[ERROR]'));
  throw new Error(
    `Maven could not fetch the jars of ${pom} (with ${java}):\n${errors.slice(0, 5).join('\n') || output.slice(-1_000)}`,
  );
}
