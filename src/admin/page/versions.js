import { h } from './dom.js';
import { percent, plural, seconds } from './format.js';

const states = {
  waiting: 'not begun',
  copying: 'being copied',
  building: 'being built',
  paused: 'paused',
  failed: 'failed',
};

/** Both versions of a read model, while one waits for the place of the other. */
export function versions({ feature, versions: known }) {
  if (!known || known.length < 2) return undefined;
  return h(
    'ul',
    { class: 'versions', 'aria-label': `Versions of the read model of ${feature}` },
    known.map((version) => h('li', {}, h('b', {}, `v${version.version}`), ` ${factsOf(version)}`)),
  );
}

function factsOf({ serves, state, progress, position, lagSeconds, deadLetters, gate }) {
  const facts = [
    serves ? 'serves' : 'waits',
    state === 'ready' ? '' : `${states[state] ?? state} (${percent(progress)})`,
    position === undefined ? '' : `at ${position}, ${seconds(lagSeconds)} behind`,
    deadLetters ? plural(deadLetters, 'dead letter') : '',
  ].filter((fact) => fact !== '');
  return `${facts.join(', ')}${gate ? `: ${gate.reason}` : ''}`;
}
