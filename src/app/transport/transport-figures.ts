import { z } from 'zod';

// What processes tell each other of topics through the control store, as JSON. What another version wrote and this one cannot
// read is passed over.

const partition = z.object({
  topic: z.string(),
  partition: z.number(),
  next: z.number(),
  end: z.number().optional(),
});

const leader = z.object({
  epoch: z.number(),
  written: z.string().optional(),
  changes: z.number(),
  messages: z.number(),
  bytes: z.number(),
  changesPerSecond: z.number().optional(),
  bytesPerSecond: z.number().optional(),
  heldBytes: z.number().optional(),
});

const reader = z.object({
  lagMessages: z.number().optional(),
  lagSeconds: z.number().optional(),
  lagBytes: z.number().optional(),
  messagesPerSecond: z.number().optional(),
  bytesPerSecond: z.number().optional(),
  partitions: z.array(partition),
});

const topic = z.object({
  topic: z.string(),
  retentionSeconds: z.number().optional(),
  replicas: z.number(),
  inSync: z.number(),
  partitions: z.array(z.object({ partition: z.number(), end: z.number(), messages: z.number() })),
});

const process = z.object({
  /** Of a process that writes, or would. */
  writer: z.object({ state: z.enum(['standby', 'leading', 'failing']), error: z.string().optional() }).optional(),
  topics: z.array(topic),
  brokersError: z.string().optional(),
  /** Of one that puts transactions together. */
  joining: z.object({ waiting: z.number(), silentSeconds: z.number().optional() }).optional(),
});

export type LeaderFigures = z.infer<typeof leader>;
export type ReaderFigures = z.infer<typeof reader>;
export type TopicFigures = z.infer<typeof topic>;
export type ProcessFigures = z.infer<typeof process>;

/** Each: undefined when it is not what this version of fig writes. */
export const readLeader = (json: unknown): LeaderFigures | undefined => leader.safeParse(json).data;
export const readReader = (json: unknown): ReaderFigures | undefined => reader.safeParse(json).data;
export const readProcess = (json: unknown): ProcessFigures | undefined => process.safeParse(json).data;
