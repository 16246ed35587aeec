import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files wait for processes and servers, the slowest first. */
const slow = ['test/kafka-faults', 'test/faults', 'test/e2e', 'test/soundness', 'test/sync'];

/**
 * A run ends sooner when no long file is left for its end, when one worker has nothing to do. How long each took is known
 * only to who ran them before, and vitest goes by their size then, which says little: one of the longest has nine lines.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config;
    for (const folder of slow) {
      if (!existsSync(join(root, folder))) throw new Error(`there is no ${folder}, whose tests are to come first`);
    }
    const rank = ({ moduleId, project }: TestSpecification): number => {
      // Files that get a process each stay together, because whoever shares one gives it up for them.
      if (project.config.isolate) return -1;
      const path = relative(root, moduleId).replaceAll(sep, '/');
      const found = slow.findIndex((folder) => path.startsWith(`${folder}/`));
      return found < 0 ? slow.length : found;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's, not an array's
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
