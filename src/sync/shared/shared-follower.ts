import type { SharedReadModelDefinition } from '../../config/shared-read-model.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from '../../kernel/position.ts';
import type { Service } from '../../kernel/service.ts';
import { logDigest } from '../postgres/identify-source.ts';
import { PostgresSourcePosition } from '../postgres/source-position.ts';
import { PrimaryWatch } from './primary-watch.ts';
import { SharedReadModel } from './shared-read-model.ts';

export interface SharedFollowerOptions {
  readonly legacyDatabase: string;
  readonly readModels: readonly SharedReadModelDefinition[];
  readonly log: Log;
  readonly onPosition: (readModel: string, position: Position | undefined) => void;
}

/** All read models that share the legacy database, and what is known of its log. */
export class SharedFollower implements Service {
  readonly name = 'shared read models';
  readonly source: PostgresSourcePosition;
  readonly readModels: readonly SharedReadModel[];
  readonly #primary: PrimaryWatch;
  #stopping: Promise<void> | undefined;

  constructor({ legacyDatabase, readModels, log, onPosition }: SharedFollowerOptions) {
    this.source = new PostgresSourcePosition(legacyDatabase, log);
    const look = (): void => {
      for (const readModel of this.readModels) readModel.look();
    };
    this.#primary = new PrimaryWatch(legacyDatabase, look, log);
    this.readModels = readModels.map(
      (definition) =>
        new SharedReadModel({
          definition,
          legacyDatabase,
          primary: this.#primary,
          source: this.source,
          log,
          onPosition: (position) => onPosition(definition.name, position),
        }),
    );
  }

  /** Names the log of the legacy database; undefined while it is not heard. */
  sourceLog(): string | undefined {
    const state = this.#primary.state();
    return state && logDigest(state);
  }

  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      await Promise.all([...this.readModels, this.#primary].map((each) => each.stop()));
      await this.source[Symbol.asyncDispose]();
    })();
    return this.#stopping;
  }
}
