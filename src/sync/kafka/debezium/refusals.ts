import { FigError } from '../../../kernel/fig-error.ts';

/** A setting of the connector, or of its converter, must be another one: what it sends now has lost something. */
export function wrongSetting(subject: string, loss: string, setting: string): FigError {
  return new FigError('FIG_DEBEZIUM_SETTING', `${subject}: ${loss}`, {
    remedy: `Set \`${setting}\` on the Debezium connector, and have it send the rows again, as by a snapshot.`,
  });
}

/** Debezium has no form of this type that keeps the value, however it is set. */
export function lossyType(subject: string, loss: string): FigError {
  return new FigError('FIG_DEBEZIUM_TYPE', `${subject}: ${loss}`);
}

/** A value is not what its schema says. */
export function badValue(subject: string, value: unknown): FigError {
  const shown = JSON.stringify(value)?.slice(0, 60);
  return new FigError('FIG_DEBEZIUM_MESSAGE', `${subject}: cannot be read from ${shown}`);
}
