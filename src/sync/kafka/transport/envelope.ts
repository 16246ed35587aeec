import { FigError } from '../../../kernel/fig-error.ts';
import { formatPosition, parsePosition, type Position } from '../../../kernel/position.ts';

/** Name of the one header that a message has. */
export const envelopeHeader = 'fig';

const VERSION = '1';

/** `begin`: a leader has begun. `position`: nothing that matters lies between `previous` and `end`. */
export type EventKind = 'begin' | 'position' | 'transaction' | 'large';

/** Where an event is cut: after this message goes on the same piece, a new piece, or nothing more. */
export type Cut = 'inside' | 'piece' | 'end';

/** What is said of a message outside of its body, so that readers can judge it without reading that. */
export interface Envelope {
  readonly kind: EventKind;
  /** Of the leader that wrote it: a later one has a larger number. */
  readonly epoch: number;
  /** Digest of the log that the positions belong to. */
  readonly log: string;
  /** Where the same leader's event before this one ended; of its first, where it began. */
  readonly previous: Position;
  /** The position that is reached when the whole event is applied. */
  readonly end: Position;
  /** Number of the message among those of its event, from 0. */
  readonly part: number;
  readonly cut: Cut;
}

const kinds: Readonly<Record<EventKind, string>> = { begin: 'b', position: 'p', transaction: 't', large: 'l' };
const cuts: Readonly<Record<Cut, string>> = { inside: '-', piece: '+', end: '.' };

export function writeEnvelope({ kind, epoch, log, previous, end, part, cut }: Envelope): string {
  return `${VERSION} ${kinds[kind]} ${epoch} ${log} ${formatPosition(previous)} ${formatPosition(end)} ${part} ${cuts[cut]}`;
}

/** Throws FIG_TOPIC_FOREIGN when the text is none of ours, or of a later version. */
export function readEnvelope(text: string | undefined): Envelope {
  const [version, kind, epoch, log, previous, end, part, cut, ...more] = (text ?? '').split(' ');
  const known = { kind: keyOf(kinds, kind), cut: keyOf(cuts, cut) };
  const isOurs = version === VERSION && known.kind !== undefined && known.cut !== undefined && more.length === 0;
  if (!isOurs || !isNumber(epoch) || !isNumber(part) || !log) throw foreign(text);
  try {
    return {
      kind: known.kind!,
      epoch: Number(epoch),
      log,
      previous: parsePosition(previous!),
      end: parsePosition(end!),
      part: Number(part),
      cut: known.cut!,
    };
  } catch (error) {
    throw foreign(text, error);
  }
}

function keyOf<Key extends string>(table: Readonly<Record<Key, string>>, value: string | undefined): Key | undefined {
  return (Object.keys(table) as Key[]).find((key) => table[key] === value);
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,15}$/.test(text);
}

function foreign(text: string | undefined, cause?: unknown): FigError {
  const shown = text === undefined ? 'no header' : JSON.stringify(text.slice(0, 100));
  return new FigError(
    'FIG_TOPIC_FOREIGN',
    `the topic holds a message that is none of fig's, or of a later fig: ${shown}`,
    {
      cause,
    },
  );
}
