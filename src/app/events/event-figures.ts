import { z } from 'zod';

// What processes tell each other of events through the control store, as JSON. What another version wrote and this one cannot read
// is passed over.

const reader = z.object({
  lagMessages: z.number().optional(),
  messagesPerSecond: z.number().optional(),
  partitions: z.array(
    z.object({
      topic: z.string(),
      partition: z.number(),
      next: z.number(),
      end: z.number().optional(),
      lagSeconds: z.number().optional(),
    }),
  ),
});

const publisher = z.object({ failingSeconds: z.number().optional(), problem: z.string().optional() });

export type EventReaderFigures = z.infer<typeof reader>;
export type PublisherFigures = z.infer<typeof publisher>;

/** Each: undefined when it is not what this version of fig writes. */
export const readEventReader = (json: unknown): EventReaderFigures | undefined => reader.safeParse(json).data;
export const readPublisher = (json: unknown): PublisherFigures | undefined => publisher.safeParse(json).data;
