import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FigError } from '../../kernel/fig-error.ts';
import type { SpoolSpace } from './spool-space.ts';

/** Also how much a reader holds at once, so it bounds the pieces of a transaction. */
const BLOCK_BYTES = 512 * 1024;
const LENGTH_BYTES = 4;

/**
 * Messages of one transaction, kept outside of memory until its commit. The file loses its name as soon as it is open, so
 * the system removes it with the process, however that ends, and nobody else can open it.
 */
export class TransactionSpool {
  readonly #space: SpoolSpace;
  /** Lengths of the blocks that are in the file, or on their way to it. */
  readonly #written: number[] = [];
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #used = 0;
  #file: FileHandle | undefined;
  #size = 0;
  #tail: Promise<void> = Promise.resolve();
  #failure: unknown;
  #released: Promise<void> | undefined;

  constructor(space: SpoolSpace) {
    this.#space = space;
  }

  /** Takes a copy of the message. Throws FIG_SPOOL_FULL when there is no room. */
  append(message: Buffer): void {
    const length = LENGTH_BYTES + message.length;
    if (this.#used > 0 && this.#used + length > this.#block.length) this.#flush();
    if (length > this.#block.length) this.#block = Buffer.allocUnsafeSlow(length);
    this.#block.writeUInt32BE(message.length, this.#used);
    message.copy(this.#block, this.#used + LENGTH_BYTES);
    this.#used += length;
  }

  /** Everything that was appended, in order, in blocks of bounded size. */
  async *blocks(): AsyncIterable<Iterable<Buffer>> {
    await this.#tail;
    let position = 0;
    for (const length of this.#written) {
      if (this.#failure !== undefined) throw this.#failure;
      if (!this.#file || this.#released) throw released();
      const block = Buffer.allocUnsafe(length);
      for (let at = 0; at < length;) {
        const { bytesRead } = await this.#file.read(block, at, length - at, position + at);
        if (bytesRead === 0) throw new FigError('FIG_SPOOL_FAILED', 'the file of a large transaction is cut off');
        at += bytesRead;
      }
      position += length;
      yield messagesIn(block);
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#released) throw released();
    yield messagesIn(this.#block.subarray(0, this.#used));
  }

  release(): Promise<void> {
    this.#released ??= (async () => {
      await this.#tail;
      await this.#file?.close();
      this.#space.giveBack(this.#size);
    })();
    return this.#released;
  }

  #flush(): void {
    const block = this.#block.subarray(0, this.#used);
    this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#used = 0;
    const position = this.#size;
    this.#space.take(block.length);
    this.#size += block.length;
    this.#written.push(block.length);
    this.#space.writing(block.length);
    this.#tail = this.#writeAfter(this.#tail, block, position);
  }

  /** Never rejects: a failure is told to the session, which ends, and to whoever reads. */
  async #writeAfter(before: Promise<void>, block: Buffer, position: number): Promise<void> {
    await before;
    try {
      if (this.#failure === undefined && !this.#released) await this.#write(block, position);
    } catch (error) {
      this.#failure ??= spoolError(error);
      this.#space.failed(this.#failure);
    } finally {
      this.#space.written(block.length);
    }
  }

  async #write(block: Buffer, position: number): Promise<void> {
    this.#file ??= await openNameless(this.#space.folder);
    for (let at = 0; at < block.length;) {
      const { bytesWritten } = await this.#file.write(block, at, block.length - at, position + at);
      at += bytesWritten;
    }
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `fig-spool-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

function* messagesIn(block: Buffer): Iterable<Buffer> {
  for (let at = 0; at < block.length;) {
    const start = at + LENGTH_BYTES;
    at = start + block.readUInt32BE(at);
    yield block.subarray(start, at);
  }
}

function released(): FigError {
  return new FigError('FIG_REPLICATION_FAILED', 'the session ended while a large transaction was read');
}

function spoolError(error: unknown): FigError {
  const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
  return new FigError(full ? 'FIG_SPOOL_FULL' : 'FIG_SPOOL_FAILED', 'a large transaction could not be kept', {
    cause: error,
  });
}
