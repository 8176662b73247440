import { h, fill, badge, span, number } from './dom.js';
import { api } from './api.js';
import { overview } from './overview.js';
import { queue, message } from './queue.js';
import { captured } from './captured.js';
import { events, destinations, bounces, suppressions, egress, audit, settings } from './lists.js';
import { domains } from './domains.js';
import { users } from './people.js';

const $ = id => document.getElementById(id);
const views = {
  overview: ['Overview', overview], queue: ['Queue', queue], captured: ['Captured mail', captured], events: ['Live events', events], message: [null, message],
  destinations: ['Destinations', destinations], bounces: ['Bounces', bounces], suppressions: ['Suppressions', suppressions],
  domains: ['Domains', domains], users: ['Users and keys', users], egress: ['Egress', egress], audit: ['Audit', audit], settings: ['Settings', settings],
};
const groups = [['', ['overview', 'queue', 'captured', 'events']], ['Delivery', ['destinations', 'bounces', 'suppressions', 'egress']], ['Administration', ['domains', 'users', 'audit', 'settings']]];

/** What every view shares: the last status, who looks, and how to be told of the next status. */
export const shared = { status: null, actor: null, onStatus: null, can: role => ['view', 'operate', 'admin'].indexOf(shared.actor?.role) >= ['view', 'operate', 'admin'].indexOf(role) };
let current = null, timer = null, misses = 0;

function showNavigation() {
  fill($('nav'), groups.map(([title, names]) => [title && h('div.group', title), names.map(name => h('a', { href: '#/' + name, id: 'nav-' + name }, views[name][0], h('span.count', { id: 'count-' + name })))]));
}
function showStatus(status) {
  $('host').textContent = status.hostname;
  $('version').textContent = 'Relay ' + status.version + ' · up ' + span(status.uptimeSeconds * 1000);
  $('mode').hidden = !status.sandbox;
  const unwell = status.health.filter(part => !part.healthy);
  $('state').className = 'badge ' + (unwell.length ? 'bad' : 'good');
  $('state').textContent = unwell.length ? unwell.map(part => part.name).join(', ') + ' unwell' : 'healthy';
  const states = status.queue.byState;
  const open = ['scheduled', 'ready', 'leased', 'deferred', 'held'].reduce((sum, state) => sum + (states[state] || 0), 0);
  $('count-queue').textContent = open ? number(open) : '';
  $('count-captured').textContent = states.captured ? number(states.captured) : '';
}
async function poll() {
  clearTimeout(timer);
  try {
    shared.status = await api.get('/status');
    misses = 0;
    showStatus(shared.status);
    await shared.onStatus?.(shared.status);
  } catch (trouble) {
    if (!api.hasToken) return;
    if (++misses > 1) { $('state').className = 'badge bad'; $('state').textContent = 'no answer'; }
  }
  timer = setTimeout(poll, document.hidden ? 15000 : 2500);
}
async function show() {
  const [path, text] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, ...rest] = (path || 'overview').split('/');
  const view = views[name] ?? views.overview;
  current?.abort();
  current = new AbortController();
  const { signal } = current;
  shared.onStatus = null;
  for (const link of document.querySelectorAll('nav a')) link.removeAttribute('aria-current');
  const link = $('nav-' + (name === 'message' ? 'queue' : name));
  link?.setAttribute('aria-current', 'page');
  link?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  document.title = (view[0] ?? 'Message') + ' · Relay';
  const main = $('main');
  try {
    await view[1]({ main, signal, parts: rest.map(decodeURIComponent), parameters: new URLSearchParams(text), shared, go: (hash, replace) => { if (replace) { history.replaceState(null, '', hash); } else location.hash = hash; } });
  } catch (trouble) {
    // A view that was left has nothing more to say.
    if (trouble.name !== 'AbortError' && !signal.aborted && api.hasToken) fill(main, h('div.notice.bad', trouble.message));
  }
}
function leave(reason) {
  api.forget();
  clearTimeout(timer);
  current?.abort();
  shared.onStatus = null;
  $('shell').hidden = true; $('login').hidden = false;
  $('login-error').textContent = reason || '';
  $('token').value = '';
  $('token').focus();
}
async function enter() {
  try {
    shared.actor = await api.get('/whoami');
    shared.status = await api.get('/status');
  } catch (trouble) {
    if (api.hasToken) leave(trouble.message);
    return;
  }
  $('login').hidden = true; $('shell').hidden = false;
  $('who').textContent = shared.actor.name + ' · ' + shared.actor.role;
  showNavigation();
  showStatus(shared.status);
  await show();
  timer = setTimeout(poll, 1000);
}
const themes = ['auto', 'light', 'dark'];
const system = matchMedia('(prefers-color-scheme: dark)');
function paint() {
  const chosen = localStorage.getItem('theme') ?? 'auto';
  document.documentElement.dataset.theme = chosen === 'auto' ? (system.matches ? 'dark' : 'light') : chosen;
  $('theme').textContent = { auto: '◐ Auto', light: '☀ Light', dark: '☾ Dark' }[chosen];
  $('theme').setAttribute('aria-label', 'Colours: ' + chosen);
}
system.addEventListener('change', paint);
$('theme').addEventListener('click', () => { localStorage.setItem('theme', themes[(themes.indexOf(localStorage.getItem('theme') ?? 'auto') + 1) % 3]); paint(); });
$('login-form').addEventListener('submit', event => { event.preventDefault(); api.use($('token').value.trim()); enter(); });
$('leave').addEventListener('click', () => leave());
addEventListener('hashchange', show);
addEventListener('keydown', event => {
  if (event.key === '/' && !/^(input|textarea|select)$/i.test(event.target.tagName)) { const search = document.querySelector('#main input[type=search]'); if (search) { event.preventDefault(); search.focus(); } }
});
document.addEventListener('visibilitychange', () => { if (!document.hidden && api.hasToken && shared.actor) poll(); });
api.onLeave = leave;
paint();
const handed = new URLSearchParams(location.hash.slice(1)).get('token');
if (handed) { api.use(handed); history.replaceState(null, '', location.pathname); }
if (api.hasToken) enter(); else leave();
