import { Instant, instantOf } from './instant.ts';
import { decimalOf, scalarText, type Scalar } from './scalars.ts';
import { typeOf } from './json-value.ts';
import { meaningOf, type Meaning, type ValueSense } from './value-sense.ts';

/**
 * One text for values that say the same. With a tolerance, values are in steps of twice its width: jitter within it then gives
 * two texts at most (three around the size where an absolute and a relative one are as wide), so it cannot pass for ever new data.
 */
export function steppedText(value: Scalar, sense: ValueSense | undefined): string {
  if (sense === undefined) return scalarText(value);
  const meaning = meaningOf(value, sense);
  return timeSteps(value, sense) ?? numberSteps(meaning, sense) ?? textOf(meaning);
}

function textOf(meaning: Meaning): string {
  return meaning instanceof Instant ? meaning.text : scalarText(meaning);
}

function timeSteps(value: Scalar, { timeMs }: ValueSense): string | undefined {
  const instant = timeMs === undefined || typeof value !== 'string' ? undefined : instantOf(value);
  if (instant === undefined || timeMs === undefined) return undefined;
  const ms = instant.seconds * 1_000 + Number(`0.${instant.fraction}`) * 1_000;
  return `~time ${instant.isZoned} ${Math.round(ms / (timeMs * 2))}`;
}

function numberSteps(meaning: Meaning, { absolute, relative }: ValueSense): string | undefined {
  const decimal = meaning instanceof Instant ? undefined : decimalOf(meaning);
  if (decimal === undefined || meaning instanceof Instant) return undefined;
  const number = Number(decimal);
  // Whichever is wider at this size is what two values are compared by.
  const isByShare = relative !== undefined && relative * Math.abs(number) > (absolute ?? 0);
  const steps = isByShare ? shareSteps(number, relative) : Math.round(number / ((absolute ?? 0) * 2));
  if (!Number.isFinite(steps)) return undefined;
  return isByShare ? `~${typeOf(meaning)}${number < 0 ? '-' : ''}x${steps}` : `~${typeOf(meaning)}${steps}`;
}

/** Two values that are a share apart are this far apart in their logarithms, whatever their size. */
function shareSteps(number: number, share: number): number {
  return Math.round(Math.log(Math.abs(number)) / (-Math.log(1 - share) * 2));
}
