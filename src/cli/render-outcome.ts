import type { TransitionOutcome } from '../app/control.ts';
import { paintGate, type Palette } from './palette.ts';

/** `orders: shadow -> canary 5%  (...)`, or why it stays. */
export function renderOutcome(outcome: TransitionOutcome, palette: Palette): string {
  const { feature, moved, from, to, gate, reason } = outcome;
  if (moved) return `${palette.green('moved')}  ${palette.bold(feature)}: ${from} -> ${to}. ${reason}\n`;
  const verdict = gate === undefined ? '' : `, gate ${paintGate(gate, palette)}`;
  return `${palette.red('refused')}  ${palette.bold(feature)} stays in ${from}${verdict}: ${reason}\n`;
}
