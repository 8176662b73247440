/** Makes an element: h('div.card', { title: 'x', onclick }, ...children). Text is always text, never markup. */
export function h(spec, props, ...children) {
  if (props === null || props === undefined || typeof props !== 'object' || props instanceof Node || Array.isArray(props)) { children.unshift(props); props = {}; }
  const [tag, ...classes] = spec.split('.');
  const node = document.createElement(tag || 'div');
  if (classes.length) node.className = classes.join(' ');
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== 'list' && name !== 'form' && name !== 'role') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  add(node, children);
  return node;
}
export function add(node, children) {
  for (const child of children.flat(3)) if (child !== null && child !== undefined && child !== false) node.append(child);
  return node;
}
/** Replaces what is in a node. Who works by keyboard keeps the place: the same control in the new content takes the focus over. */
export function fill(node, ...children) {
  const focused = document.activeElement !== node && node.contains(document.activeElement) ? document.activeElement : null;
  const alike = () => [...node.querySelectorAll(focused.tagName)].filter(other => nameOf(other) === nameOf(focused));
  const place = focused ? alike().indexOf(focused) : -1;
  node.replaceChildren();
  add(node, children);
  if (focused) (alike()[place] ?? alike().at(-1))?.focus({ preventScroll: true });
  return node;
}
const nameOf = control => control.id || [control.name, control.placeholder, control.getAttribute('href'), control.getAttribute('aria-label'), control.textContent].join('|');

const svgNs = 'http://www.w3.org/2000/svg';
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(svgNs, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return add(node, children);
}

export const number = value => Number(value ?? 0).toLocaleString('en-US');
export const rate = value => value >= 100 ? Math.round(value).toLocaleString('en-US') : value >= 10 ? String(Math.round(value * 10) / 10) : value === 0 ? '0' : value < 0.01 ? '<0.01' : String(Math.round(value * 100) / 100);
export const percent = value => Number.isFinite(value) ? (value * 100 >= 10 || value === 0 ? Math.round(value * 100) : (value * 100).toFixed(1)) + ' %' : '–';
export function bytes(value) {
  if (value === null || value === undefined) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (value >= 1024 && i < units.length - 1) { value /= 1024; i++; }
  return (i && value < 10 ? value.toFixed(1) : Math.round(value)) + ' ' + units[i];
}
export function span(ms) {
  const s = Math.round(ms / 1000);
  if (s < 60) return s + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min';
  if (s < 86400) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
  return Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h';
}
function relative(at) {
  const ms = new Date(at) - Date.now();
  return Math.abs(ms) < 1500 ? 'now' : ms > 0 ? 'in ' + span(ms) : span(-ms) + ' ago';
}
/** Relative time with the absolute one on hover; kept fresh. */
export function when(at) {
  return at ? h('time', { dateTime: at, title: new Date(at).toLocaleString('sv-SE') }, relative(at)) : '';
}
setInterval(() => { for (const node of document.querySelectorAll('time')) { const text = relative(node.dateTime); if (node.textContent !== text) node.textContent = text; } }, 5000);

const tones = {
  delivered: 'good', captured: 'info', bounced: 'bad', expired: 'bad', deferred: 'warn', held: 'warn', suppressed: 'warn', cancelled: '', ready: 'info', leased: 'info', scheduled: 'info',
  released: 'info', retryRequested: 'info', accepted: '', opened: 'good', clicked: 'good', complained: 'bad', unsubscribed: 'warn', renderingFailed: 'bad',
  good: 'good', ok: 'good', missing: 'info', wrong: 'warn', note: '', warning: 'warn', problem: 'bad', success: 'good', notStarted: '', temporaryFailure: 'warn', pending: 'warn', failed: 'bad', active: 'good', retiring: 'warn', retired: '', succeeded: 'good', running: 'info',
};
const names = { ready: 'due', leased: 'being delivered', retryRequested: 'retry asked' };
export const badge = (word, tone) => h('span', { className: 'badge ' + (tone ?? tones[word] ?? '') }, names[word] ?? String(word).replace(/([a-z])([A-Z])/g, (_, a, b) => a + ' ' + b.toLowerCase()).replace(/_/g, ' '));

/** columns: [title, cell(row), className?]. On narrow screens each row becomes a block. */
export function table(columns, rows, empty) {
  if (!rows.length && empty) return h('div.empty', empty);
  return h('div.scroll', { tabIndex: 0 }, h('table.stack',
    h('thead', h('tr', columns.map(([title, , cls]) => h('th', { className: cls?.includes('num') ? 'num' : '', scope: 'col' }, title || h('span.sr', 'Actions'))))),
    h('tbody', rows.map(row => h('tr', columns.map(([title, cell, cls]) => h('td', { className: cls ?? (title ? '' : 'act'), 'data-label': title }, cell(row))))))));
}
export const card = (title, tools, ...content) => h('section.card', h('header', h('h2', title), tools), content);
export const facts = pairs => h('dl', pairs.filter(([, value]) => value !== null && value !== undefined && value !== '').map(([name, value]) => [h('dt', name), h('dd', value)]));

export function toast(text, tone = '') {
  const node = h('div', { className: 'toast ' + tone }, text);
  document.getElementById('toasts').append(node);
  setTimeout(() => node.remove(), tone === 'bad' ? 9000 : 5000);
}
/** Asks in a dialog; resolves to the form's values, or null. */
export function ask(title, body, yes, danger = false) {
  const dialog = document.getElementById('ask'), form = document.getElementById('ask-form'), button = document.getElementById('ask-yes');
  document.getElementById('ask-title').textContent = title;
  fill(document.getElementById('ask-body'), body);
  button.textContent = yes;
  button.className = danger ? 'danger' : '';
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes' ? Object.fromEntries(new FormData(form)) : null), { once: true }));
}
let fieldNumber = 0;
export function field(label, name, props = {}, tag = 'input', ...options) {
  const id = 'f' + ++fieldNumber;
  return h('div', h('label', { htmlFor: id }, label), h(tag, { id, name, ...props }, options));
}
export const choice = (values, chosen) => values.map(value => h('option', { value, selected: value === chosen }, value));
export function copy(text) {
  return h('button.quiet.small', { type: 'button', onclick: async () => { try { await navigator.clipboard.writeText(text); toast('Copied'); } catch { toast('The browser does not let me copy; select the text.', 'bad'); } } }, 'Copy');
}
export function secret(title, what, text) {
  return ask(title, [h('p', what), h('div.record', h('div.value', h('code', text), copy(text)))], 'Done');
}
export const button = (text, onclick, cls = 'quiet') => h('button' + (cls ? '.' + cls : ''), { type: 'button', onclick }, text);
export function chips(items, chosen, pick, label) {
  return h('div.chips', { role: 'group', 'aria-label': label }, items.map(([value, text]) => h('button', { type: 'button', 'aria-pressed': String(value === chosen), onclick: () => pick(value) }, text)));
}
