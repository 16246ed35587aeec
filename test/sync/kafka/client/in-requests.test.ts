import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bytesOfMessage,
  describeRequest,
  inRequests,
  requestBytes,
} from '../../../../src/sync/kafka/client/in-requests.ts';

const sized = (bytes: number) => ({ key: null, value: 'x'.repeat(bytes), headers: {} });

test('messages stay in their order, and only one that is too large for a request has one that is larger', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.integer({ min: 1, max: 60 }), (sizes, most) => {
      const messages = sizes.map(sized);
      const requests = [...inRequests(messages, most)];
      expect(requests.flat()).toEqual(messages);
      for (const request of requests) {
        const bytes = request.reduce((sum, each) => sum + bytesOfMessage(each), 0);
        expect(request.length === 1 || (request.length > 1 && bytes <= most)).toBe(true);
      }
    }),
  );
});

const bytes = (limit: string): number => requestBytes({ settings: new Map([['max.message.bytes', limit]]) });

test('a topic that takes less than most do is given less', () => {
  expect([bytes('1048588'), bytes('100000'), requestBytes({ settings: new Map() })]).toEqual([
    524_288, 75_000, 524_288,
  ]);
});

test('all that a message consists of counts, and an error tells the size of one that is alone', () => {
  const message = { key: Buffer.from('k'), value: 'ü', headers: { name: 'v' } };
  expect(bytesOfMessage(message)).toBe(8);
  expect(describeRequest([message], 't')).toBe('write a message of 8 bytes to the topic t');
  expect(describeRequest([message, message], 't')).toBe('write to the topic t');
});
