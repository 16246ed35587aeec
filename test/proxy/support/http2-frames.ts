import { connect, type TLSSocket } from 'node:tls';
import { until } from './harness.ts';
import { ca } from './tls.ts';

/** A frame as it came over the wire (RFC 9113 section 4.1). */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const frameTypes = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7, window: 8 } as const;
export const errorCodes = { none: 0, internal: 2, cancel: 8, calm: 11 } as const;
const END_STREAM = 1;
const END_HEADERS = 4;

export interface RawHttp2 {
  readonly socket: TLSSocket;
  readonly frames: readonly Frame[];
  /** Sends header fields byte for byte, also such as no decent client sends. */
  readonly ask: (stream: number, fields: readonly (readonly [string, string])[], isEnd?: boolean) => void;
  /** Opens the windows of the connection and of the streams to come as far as they go: only TCP holds anything back. */
  readonly openWindows: () => void;
  readonly data: (stream: number, text: string, isEnd: boolean) => void;
  readonly reset: (stream: number, code: number) => void;
  /** The first frame of this type on the stream. */
  readonly receives: (type: number, stream: number) => Promise<Frame>;
  readonly receivesWhere: (isIt: (frame: Frame) => boolean) => Promise<Frame>;
}

/** An HTTP/2 client that speaks frames. */
export async function rawHttp2(port: number): Promise<RawHttp2> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: ['h2'] });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const frames: Frame[] = [];
  let rest = Buffer.alloc(0);
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3);
      const [type, flags] = [rest[3]!, rest[4]!];
      frames.push({ type, flags, stream: rest.readUInt32BE(5), payload: Buffer.from(rest.subarray(9, 9 + length)) });
      rest = rest.subarray(9 + length);
      if (type === frameTypes.settings && (flags & 1) === 0) socket.write(frameOf(frameTypes.settings, 1, 0, ''));
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  socket.write(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`);
  socket.write(frameOf(frameTypes.settings, 0, 0, ''));
  const receivesWhere = async (isIt: (frame: Frame) => boolean, what = ''): Promise<Frame> => {
    await until(() => frames.some(isIt) || isClosed);
    const frame = frames.find(isIt);
    if (!frame) throw new Error(`no such frame${what}; got ${JSON.stringify(frames)}`);
    return frame;
  };
  return {
    socket,
    frames,
    ask: (stream, fields, isEnd = true) => {
      const block = Buffer.concat(fields.map(([name, value]) => literal(name, value)));
      socket.write(frameOf(frameTypes.headers, END_HEADERS | (isEnd ? END_STREAM : 0), stream, block));
    },
    openWindows: () => {
      socket.write(frameOf(frameTypes.settings, 0, 0, Buffer.from('00047fffffff', 'hex')));
      socket.write(frameOf(frameTypes.window, 0, 0, Buffer.from('7f000000', 'hex')));
    },
    data: (stream, text, isEnd) => {
      socket.write(frameOf(frameTypes.data, isEnd ? END_STREAM : 0, stream, text));
    },
    reset: (stream, code) => {
      const payload = Buffer.alloc(4);
      payload.writeUInt32BE(code);
      socket.write(frameOf(frameTypes.reset, 0, stream, payload));
    },
    receives: (type, stream) =>
      receivesWhere((frame) => frame.type === type && frame.stream === stream, ` of type ${type} on stream ${stream}`),
    receivesWhere,
  };
}

export const request = (path: string, more: readonly (readonly [string, string])[] = []) =>
  [[':method', 'GET'], [':scheme', 'https'], [':authority', 'pub.example'], [':path', path], ...more] as const;

/** A header field without index and without Huffman coding (RFC 7541 section 6.2.2). */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), textOf(name), textOf(value)]);
}

/** A string of fewer than 16,511 bytes (RFC 7541 section 5.2). */
function textOf(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  const above = bytes.length - 127;
  const length = above < 0 ? [bytes.length] : above < 128 ? [127, above] : [127, (above % 128) | 128, above >> 7];
  return Buffer.concat([Buffer.from(length), bytes]);
}

function frameOf(type: number, flags: number, stream: number, payload: Buffer | string): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}
