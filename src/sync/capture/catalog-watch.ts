import { FigError } from '../../kernel/fig-error.ts';
import { sleep } from '../../kernel/service.ts';
import { judgeShapeChange } from './judge-shape-change.ts';
import { connectToLegacy, endConnection } from '../postgres/legacy-connection.ts';
import type { SourceTable } from '../postgres/catalog.ts';
import { readPublicationMarks } from '../postgres/publication.ts';
import { readShapes } from '../postgres/source-shape.ts';

export interface CatalogWatch {
  readonly url: string;
  readonly publication: string;
  readonly tables: readonly SourceTable[];
  readonly everyMs: number;
  readonly onChanged: (source: string) => void;
}

/**
 * Looks at the catalog now and then, because much of what is done to a table sends no rows. Throws FIG_SOURCE_CHANGED when a
 * table, or what is published of it, is not what it was when the session began; `onChanged` is told its name before.
 */
export async function watchCatalog(
  { url, publication, tables, everyMs, onChanged }: CatalogWatch,
  signal: AbortSignal,
): Promise<void> {
  const client = await connectToLegacy(url, 'fig catalog');
  try {
    while (!signal.aborted) {
      const shapes = await readShapes(
        client,
        tables.map(({ name }) => name),
      );
      const marks = await readPublicationMarks(client, publication);
      const changes = tables.flatMap(({ name, shape }) => {
        const now = shapes.get(name);
        const { effect, reasons } = now
          ? judgeShapeChange(shape, { ...now, published: marks?.get(name) ?? null })
          : { effect: 'gone', reasons: ['it is gone'] };
        if (effect === 'recopy' || effect === 'fill' || effect === 'gone') onChanged(name);
        return effect === 'none' ? [] : [`${name}: ${reasons.join(', ')}`];
      });
      if (changes.length > 0) throw new FigError('FIG_SOURCE_CHANGED', changes.join('; '));
      await sleep(everyMs, signal);
    }
  } finally {
    await endConnection(client);
  }
}
