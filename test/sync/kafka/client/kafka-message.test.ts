import { expect, test } from 'vitest';
import { messageOf } from '../../../../src/sync/kafka/client/kafka-message.ts';
import { decodeCloudEvent } from '../../../../src/sync/kafka/domain-events/decode-cloud-event.ts';

const attributes = { ce_specversion: '1.0', ce_id: '1', ce_source: '/shop', ce_type: 'OrderPlaced' };

test('a header without a value, as others may write it, is as if it were not there', () => {
  const nothing = null as unknown as string;
  const headers = { ...attributes, ce_subject: nothing, 'content-type': nothing, several: ['1', nothing] };
  const message = messageOf({ offset: '0', key: null, value: Buffer.from('{}'), headers });
  expect([...message.headers.keys()]).toEqual(Object.keys(attributes));
  expect(decodeCloudEvent(message)).toMatchObject({ event: { id: '1', key: '1', type: 'OrderPlaced', data: {} } });
});
