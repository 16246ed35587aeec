import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface JavaTools {
  readonly java: string;
  readonly mvn: string;
}

/** What is missing on this machine to run Kafka, in words for whoever has to install it; undefined: nothing. */
export function missingForKafka(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { java, mvn } = findTools(env);
  const missing = [...(java === undefined ? ['java'] : []), ...(mvn === undefined ? ['mvn'] : [])];
  if (missing.length === 0) return undefined;
  return `${missing.join(' and ')} not found: Kafka needs Java 17 or newer and Maven (Debian: apt-get install default-jre-headless maven)`;
}

/** Throws an error that says what to install. */
export function requireTools(env: NodeJS.ProcessEnv = process.env): JavaTools {
  const { java, mvn } = findTools(env);
  if (java === undefined || mvn === undefined) throw new Error(missingForKafka(env));
  return { java, mvn };
}

/** The Java of JAVA_HOME comes first, because Maven uses it, too. */
function findTools(env: NodeJS.ProcessEnv): { java: string | undefined; mvn: string | undefined } {
  const { JAVA_HOME: home } = env;
  const ofHome = home === undefined || home === '' ? undefined : executable(join(home, 'bin', 'java'));
  return { java: ofHome ?? onPath('java', env), mvn: onPath('mvn', env) };
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter((each) => each !== '')) {
    const found = executable(join(folder, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

function executable(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}
