import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { runJava } from '../../examples/kafka/java-process.ts';

test('a Java that is too old for Kafka is told as that', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fig-old-java-'));
  try {
    // What Java 11 says when it is given Kafka 4.
    const words =
      'java.lang.UnsupportedClassVersionError: kafka/tools/StorageTool has been compiled by a more recent version';
    for (const [name, text] of [
      ['java', `#!/bin/sh\necho "${words}" >&2\nexit 1\n`],
      ['mvn', '#!/bin/sh\n'],
    ] as const) {
      await writeFile(join(folder, name), text);
      await chmod(join(folder, name), 0o755);
    }
    vi.stubEnv('PATH', `${folder}:/bin:/usr/bin`);
    vi.stubEnv('JAVA_HOME', '');
    const command = { name: 'the storage tool', jars: '', main: 'x', args: [], heapMb: 16 };
    await expect(runJava(command)).rejects.toThrow(
      /the storage tool failed: \S+ is too old, Kafka needs Java 17 or newer$/,
    );
  } finally {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  }
});
