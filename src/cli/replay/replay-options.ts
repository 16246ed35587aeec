import { InvalidArgumentError } from '@commander-js/extra-typings';
import { readGivenHeaders } from '../../app/replay/given-headers.ts';
import type { RawHeaders } from '../../kernel/exchange.ts';
import type { CliIo } from '../io.ts';

/** Questions a second unless told. */
export const defaultRate = 5;

/** More than 0, at most 1,000 a second. Throws commander's error for arguments. */
export function parseRate(text: string): number {
  const rate = Number(text);
  if (text.trim() !== '' && rate > 0 && rate <= 1_000) return rate;
  throw new InvalidArgumentError('a rate is a number of questions a second, above 0 and at most 1000.');
}

/** A whole number from 1. Throws commander's error for arguments. */
export function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a limit is a whole number from 1.');
}

/** Collects an option that may be given again. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** What is to be sent with every question: the options, then FIG_REPLAY_HEADERS. Throws FIG_USAGE. */
export function givenHeaders(
  { header = [], cookie }: { readonly header?: readonly string[] | undefined; readonly cookie?: string | undefined },
  io: CliIo,
): RawHeaders {
  return readGivenHeaders({ header, cookie, lines: io.env['FIG_REPLAY_HEADERS'] });
}
