import { bigBytes, digestOf } from './content.js';

/** Says what is wrong with an answer, or nothing. */
export const shows =
  (id, body, status = 200) =>
  (answer) => {
    if (answer.status !== status) return `status ${answer.status} instead of ${status}`;
    const whose = answer.headers.get('x-id');
    if (whose !== undefined && whose !== id) return `the answer of ${whose} for ${id}`;
    return answer.body.toString('latin1') === body
      ? undefined
      : `another body for ${id}: ${answer.body.toString('latin1', 0, 80)}`;
  };

export const showsPattern = (id) => (answer) => {
  if (answer.status !== 200) return `status ${answer.status} instead of 200`;
  if (answer.headers.get('x-id') !== id) return `the answer of ${answer.headers.get('x-id')} for ${id}`;
  if (!answer.intact) return `foreign bytes in the body for ${id}`;
  return answer.bytes === bigBytes ? undefined : `${answer.bytes} bytes instead of ${bigBytes}`;
};

export const showsReceipt = (id) => {
  const receipt = { id, bytes: bigBytes, intact: true };
  return shows(id, JSON.stringify({ ...receipt, digest: digestOf(JSON.stringify(receipt)) }));
};
