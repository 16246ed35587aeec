import type { LiveSettings } from '../../../proxy/proxy-options.ts';
import type { Position } from '../../kernel/position.ts';
import type { FollowedSource } from './open-source.ts';
import type { ProxySide } from './proxy-side.ts';
import type { ReadModelView } from '../following/read-model-view.ts';

/** What a proxy leans on that needs the control store. */
export interface ServingParts {
  readonly followed: FollowedSource | undefined;
  readonly readModels: ReadModelView;
  readonly fenceSecret: Uint8Array;
}

/** Where users are served: in this process, or in several workers. */
export interface Serving {
  /** Starts the proxy, once. `fenceSecret`: what signs cookies until the store has told the one that all share. */
  open(fenceSecret: Uint8Array): Promise<ProxySide>;
  /** Starts candidates and shadow, before or after `open`. Until then legacy answers everything. */
  provide(parts: ServingParts): Promise<void>;
  /** A version has moved, named by its key; undefined: it cannot be read. */
  moved(key: string, position: Position | undefined): void;
  /** Further keys of a version are parked, `parkings` in all since the start. Told before a position. */
  parked(key: string, parkings: number): void;
  reconfigure(settings: LiveSettings): void;
  /** Closes what `provide` opened, once the proxy has stopped. */
  close(): Promise<void>;
}
