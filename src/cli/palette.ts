import * as colors from 'yoctocolors';
import type { GateResult } from '../app/control.ts';
import type { CliIo, Output } from './io.ts';

type Paint = (text: string) => string;

export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

const plain: Paint = (text) => text;
const noColors: Palette = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

/** Colours for a terminal; none for a pipe or a file, and none with NO_COLOR. FORCE_COLOR asks for them everywhere. */
export function paletteFor(stream: Output, env: CliIo['env']): Palette {
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return noColors;
  const isForced = (env['FORCE_COLOR'] ?? '') !== '' && env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true || isForced ? colors : noColors;
}

export function paintGate(result: GateResult, palette: Palette, text: string = result): string {
  if (result === 'PASS') return palette.green(text);
  return result === 'FAIL' ? palette.red(text) : palette.yellow(text);
}
