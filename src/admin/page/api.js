/** Follows the status. The browser connects again by itself, except after an answer that is not a stream. */
export function connect({ onStatus, onProblem, onLost }) {
  const source = new EventSource('/events');
  source.addEventListener('status', (event) => onStatus(JSON.parse(event.data)));
  source.addEventListener('problem', (event) => onProblem(JSON.parse(event.data).error.message));
  source.addEventListener('error', () => {
    onLost();
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect({ onStatus, onProblem, onLost }), 2_000);
  });
}

export async function readReport(feature) {
  return answerOf(await fetch(`/features/${encodeURIComponent(feature)}/report`));
}

/** The outcome of a transition; a refusal is an outcome too. Throws when there is none. */
export async function move(feature, action, body) {
  const response = await fetch(`/features/${encodeURIComponent(feature)}/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-fig-admin': '1' },
    body: JSON.stringify(body),
  });
  return answerOf(response, 409);
}

async function answerOf(response, alsoGood) {
  const answer = await response.json().catch(() => undefined);
  if (answer !== undefined && (response.ok || (response.status === alsoGood && answer.error === undefined)))
    return answer;
  const { message, remedy } = answer?.error ?? {};
  throw new Error(message ? `${message}. ${remedy ?? ''}` : `fig answered ${response.status}`);
}
