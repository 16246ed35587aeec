import { FigError, describeError } from '../kernel/fig-error.ts';
import type { Palette } from './palette.ts';

/** What stderr shows of an error: `error CODE: message` and the remedy, or the same as JSON. Ends with a line end. */
export function renderError(thrown: unknown, palette: Palette, isJson: boolean): string {
  const { code, message, remedy } =
    thrown instanceof FigError
      ? { code: thrown.code, message: withCause(thrown), remedy: thrown.remedy }
      : { code: 'FIG_INTERNAL', message: describeError(thrown), remedy: new FigError('FIG_INTERNAL', '').remedy };
  if (isJson) return `${JSON.stringify({ error: { code, message, remedy } })}\n`;
  return `${palette.red(`error ${code}`)}: ${message}\n${palette.dim(remedy)}\n`;
}

/** The cause is told only when the message does not quote it already. */
function withCause(error: FigError): string {
  const cause = error.cause === undefined ? '' : describeError(error.cause);
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}
