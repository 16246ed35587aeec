import type { Socket } from 'node:net';
import { startRawUpstream, type Upstream } from './harness.ts';

export interface ArrivedRequest {
  readonly method: string;
  readonly target: string;
}

export interface StrictUpstream extends Upstream {
  /** Requests in the order of their heads. */
  readonly requests: readonly ArrivedRequest[];
  /** Bytes that are no request, or one that two readers could understand differently. */
  readonly faults: readonly string[];
}

interface Head extends ArrivedRequest {
  /** Position after its blank line. */
  readonly end: number;
  readonly length: number;
  readonly isChunked: boolean;
  readonly expects: boolean;
}

/** A legacy app that reads requests to the letter of RFC 9112 and answers each with `ok`. */
export async function startStrictUpstream(): Promise<StrictUpstream> {
  const requests: ArrivedRequest[] = [];
  const faults: string[] = [];
  const places = new WeakMap<Socket, { from: number; head: Head | undefined }>();
  const upstream = await startRawUpstream((received, socket) => {
    const place = places.get(socket) ?? { from: 0, head: undefined };
    places.set(socket, place);
    for (;;) {
      if (place.head === undefined) {
        const head = headAt(received, place.from);
        if (head === 'incomplete') return;
        if (typeof head === 'string') {
          faults.push(`${head}: ${JSON.stringify(received.slice(place.from, place.from + 300))}`);
          socket.destroy();
          return;
        }
        place.head = head;
        requests.push({ method: head.method, target: head.target });
        if (head.expects) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }
      const end = place.head.isChunked ? chunkedEnd(received, place.head.end) : place.head.end + place.head.length;
      if (end === 'malformed') {
        faults.push(`malformed chunks: ${JSON.stringify(received.slice(place.head.end, place.head.end + 300))}`);
        socket.destroy();
        return;
      }
      if (end === undefined || received.length < end) return;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${place.head.method === 'HEAD' ? '' : 'ok'}`);
      place.from = end;
      place.head = undefined;
    }
  });
  return Object.assign(upstream, { requests, faults });
}

function headAt(text: string, from: number): Head | string {
  if (from === text.length) return 'incomplete';
  const blank = text.indexOf('\r\n\r\n', from);
  if (blank < 0) return 'incomplete';
  const [first = '', ...lines] = text.slice(from, blank).split('\r\n');
  const start = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^\s\0]+) HTTP\/1\.1$/.exec(first);
  if (!start) return `request line ${JSON.stringify(first)}`;
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*$/.exec(line);
    if (!field) return `header line ${JSON.stringify(line)}`;
    const name = field[1]!.toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), field[2]!]);
  }
  const lengths = headers.get('content-length') ?? [];
  const codings = headers.get('transfer-encoding') ?? [];
  if ((headers.get('host') ?? []).length !== 1) return 'not exactly one Host';
  if (lengths.length > 1 || lengths.some((length) => !/^\d+$/.test(length))) return `Content-Length ${lengths.join()}`;
  if (codings.length > 1 || codings.some((coding) => coding.toLowerCase() !== 'chunked'))
    return `coding ${codings.join()}`;
  if (lengths.length > 0 && codings.length > 0) return 'two framings';
  return {
    method: start[1]!,
    target: start[2]!,
    end: blank + 4,
    length: Number(lengths[0] ?? 0),
    isChunked: codings.length > 0,
    expects: headers.has('expect'),
  };
}

/** Undefined while it is not there yet. */
function chunkedEnd(text: string, from: number): number | 'malformed' | undefined {
  for (let at = from; ;) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = /^([0-9a-fA-F]+)(?:;[^\0]*)?$/.exec(text.slice(at, line));
    if (!size) return 'malformed';
    const bytes = Number.parseInt(size[1]!, 16);
    at = line + 2 + bytes;
    if (bytes === 0) {
      if (text.startsWith('\r\n', at)) return at + 2;
      const trailers = text.indexOf('\r\n\r\n', at);
      return trailers < 0 ? undefined : trailers + 4;
    }
    if (text.length < at + 2) return undefined;
    if (!text.startsWith('\r\n', at)) return 'malformed';
    at += 2;
  }
}
