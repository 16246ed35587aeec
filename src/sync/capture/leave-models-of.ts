import { qualifiedSource, readModelNames } from '../../store/read-model-names.ts';
import type { SessionOptions } from './session-options.ts';

/** Reads leave the read models that are made from this table. */
export function leaveModelsOf(
  source: string,
  { readModels, onPosition }: Pick<SessionOptions, 'readModels' | 'onPosition'>,
): void {
  for (const definition of readModels) {
    if (Object.keys(definition.sources).map(qualifiedSource).includes(source)) {
      onPosition(readModelNames(definition).projection, undefined);
    }
  }
}
