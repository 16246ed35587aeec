import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';

/** A secret that all processes on one store share, made by whoever asks first. */
export async function sharedSecret(store: Knex, name: string): Promise<Uint8Array> {
  const table = () => store<{ name: string; value: string }>('fig.setting');
  await table()
    .insert({ name, value: randomBytes(32).toString('hex') })
    .onConflict('name')
    .ignore();
  const row = await table().where({ name }).first('value');
  if (!row) throw new Error(`the setting ${name} vanished while it was read`);
  return Buffer.from(row.value, 'hex');
}
