import { createHash } from 'node:crypto';

/** Where differences are counted together. */
export interface GroupPlace {
  readonly feature: string;
  readonly route: string;
  readonly path: string;
  readonly kind: string;
}

/** `3f9a0c12`: the same in every report, step and store, also after the rules or the code have changed. */
export function groupIdOf({ feature, route, path, kind }: GroupPlace): string {
  return createHash('sha256')
    .update(JSON.stringify([feature, route, path, kind]))
    .digest('hex')
    .slice(0, 8);
}
