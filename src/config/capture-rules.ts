import { tmpdir } from 'node:os';
import { z } from 'zod';
import { byteSize, bytesOf } from './byte-size.ts';

/** How changes of the legacy database are taken up. Amounts are written `64kB`, `4MB`, `1GB`. */
export interface CaptureRules {
  /** What is applied in one transaction of the target at most; a transaction of legacy is never divided. */
  readonly batch?:
    | {
        /** Changes of rows. Default 4,000. */
        readonly rows?: number | undefined;
        /** Bytes on the wire, also of what waits in memory while a batch is applied. Default `4MB`. */
        readonly bytes?: string | undefined;
        /** How long changes are gathered before they are applied, `0ms` to `10s`. Default `0ms`. */
        readonly wait?: string | undefined;
      }
    | undefined;
  /** Where transactions that are too large for memory wait for their commit. */
  readonly spool?:
    | {
        /** Default: the folder for temporary files. Where that is in memory (`tmpfs`), name one on a disk. */
        readonly folder?: string | undefined;
        /** What they may take there together. Default `20GB`. */
        readonly limit?: string | undefined;
      }
    | undefined;
  /** Log that the legacy server keeps at most for a read model that has failed. Default `1GB`. */
  readonly maxBehind?: string | undefined;
}

export interface NormalizedCapture {
  readonly batch: { readonly rows: number; readonly bytes: number; readonly waitMs: number };
  readonly spool: { readonly folder: string; readonly maxBytes: number };
  readonly maxBehindBytes: number;
}

export const captureSchema = z.strictObject({
  batch: z
    .strictObject({
      rows: z.number().int().min(1).max(100_000).optional(),
      bytes: byteSize.refine((text) => bytesOf(text) <= 1024 ** 3, 'at most "1GB"').optional(),
      wait: z
        .string()
        .regex(/^\d{1,5}(ms|s)$/, 'a time such as "0ms", "50ms" or "1s"')
        .refine((text) => waitMs(text) <= 10_000, 'at most "10s"')
        .optional(),
    })
    .optional(),
  spool: z.strictObject({ folder: z.string().min(1).optional(), limit: byteSize.optional() }).optional(),
  maxBehind: byteSize.optional(),
});

/** The defaults, with what was written in their place. */
export function captureOf({ batch, spool, maxBehind }: CaptureRules = {}): NormalizedCapture {
  return {
    batch: {
      rows: batch?.rows ?? 4_000,
      bytes: bytesOf(batch?.bytes ?? '4MB'),
      waitMs: waitMs(batch?.wait ?? '0ms'),
    },
    spool: { folder: spool?.folder ?? tmpdir(), maxBytes: bytesOf(spool?.limit ?? '20GB') },
    maxBehindBytes: bytesOf(maxBehind ?? '1GB'),
  };
}

function waitMs(text: string): number {
  return Number.parseInt(text, 10) * (text.endsWith('ms') ? 1 : 1_000);
}
