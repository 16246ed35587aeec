import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version of this package, whether it runs from its sources or from dist. */
export function ownVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const manifest: { name?: unknown; version?: unknown } = JSON.parse(readFileSync(file, 'utf8'));
      if (manifest.name === 'strangler-fig' && typeof manifest.version === 'string') return manifest.version;
    }
    if (dirname(folder) === folder) return 'unknown';
  }
}
