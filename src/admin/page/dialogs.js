import { move } from './api.js';
import { h, update } from './dom.js';

const nameKey = 'fig-who';
const gateTones = { PASS: 'good', FAIL: 'bad', INCONCLUSIVE: 'wait' };

/** Opens the dialogs of the promote and roll back buttons, wherever on the page they are. */
export function installDialogs({ featureOf, changed }) {
  const dialog = document.getElementById('dialog');
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-action]');
    if (!button) return;
    const { action, feature } = button.dataset;
    if (action === 'close') dialog.close();
    else if (featureOf(feature)) open(dialog, action, featureOf(feature));
  });
  dialog.addEventListener('input', () => setForce(dialog));
  dialog.addEventListener('submit', async (event) => {
    event.preventDefault();
    await submit(dialog, event.target, changed);
  });
}

function open(dialog, action, feature) {
  dialog.replaceChildren(action === 'promote' ? promoteForm(feature) : rollbackForm(feature));
  setForce(dialog);
  dialog.showModal();
  dialog.querySelector('[data-first]')?.focus();
}

function promoteForm(feature) {
  const { result, reason } = feature.gate;
  const isFree = feature.phase === 'legacy';
  return form(feature, 'promote', `Promote ${feature.feature}`, [
    h('p', {}, 'The reads stand at ', h('b', {}, feature.reads), ' and move one step forward.'),
    !isFree && h('div', { class: `notice ${gateTones[result]}` }, reason),
    field(
      'Your name',
      h('input', {
        name: 'who',
        required: true,
        maxlength: 200,
        autocomplete: 'name',
        value: rememberedName(),
        data: { first: 1 },
      }),
    ),
    field('Why', h('textarea', { name: 'why', rows: 2, maxlength: 2000, placeholder: 'Kept in the audit' })),
    !isFree &&
      result !== 'PASS' &&
      h(
        'label',
        { class: 'check' },
        h('input', { type: 'checkbox', name: 'force' }),
        h('span', {}, 'Pass over the gate. A reason is then required.'),
      ),
    outcomeArea(),
    buttons('Promote', 'main-button'),
  ]);
}

function rollbackForm(feature) {
  return form(feature, 'rollback', `Roll back ${feature.feature}`, [
    h('p', {}, 'The reads stand at ', h('b', {}, feature.reads), '. Legacy answers every visitor again at once.'),
    field(
      'Your name',
      h('input', { name: 'who', required: true, maxlength: 200, autocomplete: 'name', value: rememberedName() }),
    ),
    field(
      'Why',
      h('textarea', {
        name: 'why',
        rows: 2,
        maxlength: 2000,
        required: true,
        placeholder: 'Kept in the audit',
        data: { first: 1 },
      }),
    ),
    feature.phase !== 'shadow' &&
      field(
        'Back to',
        h(
          'select',
          { name: 'to' },
          h('option', { value: 'shadow' }, 'shadow: keep comparing'),
          h('option', { value: 'legacy' }, 'legacy: compare nothing'),
        ),
      ),
    outcomeArea(),
    buttons('Roll back', 'danger-button'),
  ]);
}

function form(feature, action, title, children) {
  return h(
    'form',
    { data: { feature: feature.feature, move: action } },
    h('h2', { id: 'dialog-title' }, title),
    children,
  );
}

function field(label, control) {
  return h('label', { class: 'field' }, h('span', {}, label), control);
}

function outcomeArea() {
  return h('div', { class: 'outcome', role: 'alert' });
}

function buttons(label, tone) {
  return h(
    'div',
    { class: 'actions end' },
    h('button', { type: 'button', class: 'quiet-button', data: { action: 'close' } }, 'Cancel'),
    h('button', { type: 'submit', class: tone }, label),
  );
}

/** Passing over the gate needs a reason. */
function setForce(dialog) {
  const why = dialog.querySelector('[name=why]');
  const force = dialog.querySelector('[name=force]');
  if (why && force) why.required = force.checked;
}

async function submit(dialog, element, changed) {
  const { feature, move: action } = element.dataset;
  const values = new FormData(element);
  const text = (name) => String(values.get(name) ?? '').trim();
  const body = { who: text('who') };
  if (text('why') !== '' || action === 'rollback') body.why = text('why');
  if (values.has('force')) body.force = true;
  if (text('to') !== '') body.to = text('to');
  rememberName(body.who);
  const button = element.querySelector('[type=submit]');
  button.disabled = true;
  try {
    const outcome = await move(feature, action, body);
    if (outcome.moved) {
      dialog.close();
      toast(`${feature}: ${outcome.from} → ${outcome.to}. ${outcome.reason}`);
    } else show(element, 'wait', 'Refused.', outcome.reason);
    await changed();
  } catch (error) {
    show(element, 'bad', 'It did not work.', error.message);
  } finally {
    button.disabled = false;
  }
}

function show(element, tone, title, text) {
  update(element.querySelector('.outcome'), h('div', { class: `notice ${tone}` }, h('strong', {}, title), ' ', text));
}

let toastTimer;

function toast(text) {
  const place = document.getElementById('toast');
  place.textContent = text;
  place.classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => place.classList.remove('shown'), 8_000);
}

function rememberedName() {
  try {
    return localStorage.getItem(nameKey) ?? '';
  } catch {
    return '';
  }
}

function rememberName(name) {
  try {
    localStorage.setItem(nameKey, name);
  } catch {
    // Storage may be switched off; then the name is asked for again.
  }
}
