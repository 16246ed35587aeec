import type { Client } from 'pg';
import type { Log } from '../../kernel/log.ts';
import type { Finding } from './preflight/finding.ts';
import { readPublicationMarks, withdraw } from './publication.ts';

export interface WithdrawOptions {
  /** Told of each table before it is tried, which may have to wait for a lock. */
  readonly onExposed: (table: string) => void;
  /** How long to wait for the lock of a table. */
  readonly budgetMs: number;
  readonly log: Log;
}

/**
 * Takes tables that have lost their replica identity out of our publication: as long as they are in it, the legacy app's
 * own updates and deletes of them fail. Read models of such a table are built again once it is mended.
 */
export async function withdrawExposed(
  client: Client,
  publication: string,
  findings: readonly Finding[],
  { onExposed, budgetMs, log }: WithdrawOptions,
): Promise<void> {
  const exposed = findings.filter(({ id }) => id === 'replica-identity').map(({ subject }) => subject);
  if (exposed.length === 0) return;
  const published = await readPublicationMarks(client, publication);
  const endangered = exposed.filter((name) => published?.has(name));
  for (const table of endangered) onExposed(table);
  for (const table of endangered) {
    const refusal = await withdraw(client, publication, [table], budgetMs);
    if (refusal) log.error({ table, ...refusal }, 'updates of the table fail: it has no replica identity');
    else
      log.error({ table }, 'the table lost its replica identity, so its updates failed; it is not captured any more');
  }
}
