import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Files that arrive together, such as certificate and key, are looked at once. */
const SETTLE_MS = 100;

export interface FileWatch {
  stop(): void;
}

/**
 * Calls back soon after one of the files may have changed, and every `pollMs` besides, because not every file system tells.
 * The folders are watched, not the files: renewals replace files, and Kubernetes replaces a link beside them.
 */
export function watchFiles(files: readonly string[], pollMs: number, onChange: () => void): FileWatch {
  let settling: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(settling);
    settling = setTimeout(onChange, SETTLE_MS);
    settling.unref();
  };
  const watchers = [...new Set(files.map((file) => dirname(file)))].flatMap((folder) => watcherOf(folder, files, soon));
  const poll = files.length === 0 ? undefined : setInterval(onChange, pollMs);
  poll?.unref();
  return {
    stop: () => {
      clearTimeout(settling);
      clearInterval(poll);
      for (const watcher of watchers) watcher.close();
    },
  };
}

function watcherOf(folder: string, files: readonly string[], onChange: () => void): FSWatcher[] {
  const names = new Set(files.filter((file) => dirname(file) === folder).map((file) => basename(file)));
  try {
    const watcher = watch(folder, { persistent: false }, (_, name) => {
      // `..data` is the link that Kubernetes swaps.
      if (name === null || names.has(name) || name.startsWith('..')) onChange();
    });
    // A folder that goes away is found again by polling.
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
