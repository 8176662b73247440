import { h, fill, card, table, when, badge, ask, button, field, choice, secret } from './dom.js';
import { api, query, act } from './api.js';
import { paged } from './paged.js';
import { askLimits, limitsText, ofMail } from './limits.js';

const words = text => text.split(/[\s,]+/).filter(Boolean);
const maySend = row => [row.senders.length ? 'as ' + row.senders.join(', ') : 'as anybody', row.networks.length ? 'from ' + row.networks.join(', ') : ''].filter(Boolean).join(' · ');
/** Who may send how, and below it what limits and defaults are set. */
const rights = row => [
  maySend(row),
  limitsText(row.limits) && h('span.sub', limitsText(row.limits)),
  (row.defaults?.stream || row.defaults?.tags?.length > 0) && h('span.sub', ['by default', row.defaults.stream, ...row.defaults.tags].filter(Boolean).join(' ')),
];

export async function users({ main, signal, shared }) {
  if (!shared.can('admin')) { fill(main, card('Users and keys', null, h('p.muted', 'This needs the role admin.'))); return; }
  const drop = (title, text, path, done) => button(title, async () => { if (await ask(title + '?', h('p', text), title, true) && await act(() => api.remove(path), done)) await read(); }, 'quiet.small');
  const list = (path, cols, empty) => paged(path, cols, empty, signal, 'after');
  const logins = list('/users', [['Login', row => h('b', row.name)], ['May send', rights, 'clip'], ['Made', row => when(row.createdAt), 'nowrap'], ['Last used', row => when(row.lastUsedAt) || 'never', 'nowrap'],
    ['', row => h('div.row', button('Certificates…', () => certificates(row), 'quiet.small'), button('Password…', () => password(row.name), 'quiet.small'),
      button('Limits…', () => limit('login ' + row.name, '/users/' + encodeURIComponent(row.name), row, ofMail), 'quiet.small'), button('Defaults…', () => defaults(row), 'quiet.small'), drop('Delete', row.name + ' can send no more.', '/users/' + encodeURIComponent(row.name), 'deleted'))]], 'No SMTP logins. This machine may send without one; others need one.');
  const keys = list('/keys', [['Key', row => [h('b', row.name), row.hint && h('span.sub.mono', row.hint + '…')]], ['Account', row => row.account], ['Scope', row => row.scopes], ['May send', rights, 'clip'], ['Last used', row => when(row.lastUsedAt) || 'never', 'nowrap'],
    ['', row => row.revokedAt ? badge('revoked', '') : h('div.row', button('Limits…', () => limit('key ' + row.name, '/keys/' + encodeURIComponent(row.name), row), 'quiet.small'), drop('Revoke', row.name + ' ends at once.', '/keys/' + encodeURIComponent(row.name) + query({ account: row.account }), 'revoked'))]], 'No API keys. A key works with the HTTP API, and as SMTP password for the user apikey.');
  const tokens = list('/tokens', [['Token', row => [h('b', row.name), row.hint && h('span.sub.mono', row.hint + '…')]], ['Role', row => badge(row.role, row.role === 'admin' ? 'warn' : '')], ['Made', row => when(row.createdAt), 'nowrap'], ['Expires', row => when(row.expiresAt) || 'never', 'nowrap'], ['Last used', row => when(row.lastUsedAt) || 'never', 'nowrap'],
    ['', row => row.name === 'bootstrap' ? button('Rotate', rotate, 'quiet.small') : drop('Revoke', row.name + ' ends at once.', '/tokens/' + encodeURIComponent(row.name), 'revoked')]]);
  const accounts = list('/accounts', [['Account', row => [h('b', row.name), row.timeZone && h('span.sub', 'clock of ' + row.timeZone), limitsText(row.limits) && h('span.sub', limitsText(row.limits))]], ['State', row => row.suspendedAt ? badge('suspended', 'bad') : badge('active')], ['Made', row => row.createdAt < '1971' ? 'with the server' : when(row.createdAt), 'nowrap'],
    ['', row => h('div.row', button('Limits…', () => limit('account ' + row.name, '/accounts/' + encodeURIComponent(row.name), row), 'quiet.small'), button('Time zone…', () => zone(row), 'quiet.small'),
      row.name !== 'default' && button('Rename…', () => rename(row), 'quiet.small'), row.name !== 'default' && button(row.suspendedAt ? 'Resume' : 'Suspend', async () => { if (await ask((row.suspendedAt ? 'Resume ' : 'Suspend ') + row.name + '?', h('p', row.suspendedAt ? 'Its keys and logins work again.' : 'Its keys and logins are refused; mail already accepted still goes.'), 'Yes', !row.suspendedAt) && await act(() => api.post(`/accounts/${encodeURIComponent(row.name)}/${row.suspendedAt ? 'resume' : 'suspend'}`), 'done')) await read(); }, 'quiet.small'))]]);
  const read = () => Promise.all([logins, keys, tokens, accounts].map(one => one.read()));
  async function limit(what, path, row, only) {
    if (await askLimits('Limits of ' + what, path + '/limits' + query({ account: row.account }), row.limits, only)) await read();
  }
  async function defaults(row) {
    const values = await ask('Defaults of login ' + row.name, h('div.fields', h('p.muted.small', 'Where a mail says nothing itself.'),
      field('Stream', 'stream', {}, 'select', ...choice(['', 'transactional', 'broadcast'], row.defaults.stream ?? '')), field('Tags', 'tags', { value: row.defaults.tags.join(', ') })), 'Set');
    if (values && await act(() => api.put(`/users/${encodeURIComponent(row.name)}/defaults`, { stream: values.stream || null, tags: words(values.tags) }), 'set')) await read();
  }
  async function rename(row) {
    const values = await ask('Rename account ' + row.name, field('New name', 'name', { required: true, value: row.name }), 'Rename');
    if (values && await act(() => api.put(`/accounts/${encodeURIComponent(row.name)}/name`, { name: values.name }), 'renamed')) await read();
  }
  async function zone(row) {
    const zones = Intl.supportedValuesOf?.('timeZone') ?? [];
    const values = await ask('Time zone of account ' + row.name, h('div.fields', h('p.muted.small', 'Whose clock is meant by tomorrow 9am where a campaign names none. Empty: as configured.'),
      field('Time zone', 'zone', { value: row.timeZone ?? '', placeholder: 'Europe/Vienna', list: 'zones' }), h('datalist', { id: 'zones' }, zones.map(value => h('option', { value })))), 'Set');
    if (values && await act(() => api.put(`/accounts/${encodeURIComponent(row.name)}/time-zone`, { timeZone: values.zone || null }), 'set')) await read();
  }
  async function rotate() {
    if (await ask('Replace the first admin token?', h('p', 'The present one ends at once, and with it this session if it uses it. The new one is written to the token file on the server.'), 'Replace', true)) await act(() => api.post('/token/rotate'), answer => 'the new token stands in ' + answer.tokenFile);
  }
  async function password(name) {
    const values = await ask('New password of ' + name, field('Password', 'password', { type: 'password', required: true, autocomplete: 'new-password' }), 'Change');
    if (values) await act(() => api.put(`/users/${encodeURIComponent(name)}/password`, { password: values.password }), 'changed');
  }
  async function certificates(row) {
    const path = `/users/${encodeURIComponent(row.name)}/certificates`;
    const values = await ask('Client certificates of ' + row.name, h('div.fields',
      row.certificates.length ? h('ul', row.certificates.map(name => h('li.mono', name))) : h('p.muted', 'None yet. Who shows one of these needs no password.'),
      field('Add: SHA-256 fingerprint, or subject', 'add'), field('Remove', 'remove', {}, 'select', ...choice(['', ...row.certificates], ''))), 'Change');
    if (!values) return;
    if (values.add) await act(() => api.post(path, { certificate: values.add }), 'added');
    if (values.remove) await act(() => api.remove(path + query({ certificate: values.remove })), 'removed');
    await read();
  }
  async function addUser() {
    const values = await ask('New SMTP login', h('div.fields', field('Name', 'name', { required: true }), field('May send as (domains or addresses; empty: any)', 'senders'), field('May be used from (networks; empty: any)', 'networks')), 'Create');
    if (!values) return;
    let made;
    if (await act(async () => { made = await api.post('/users', { name: values.name, senders: words(values.senders), networks: words(values.networks) }); })) { await secret('Login ' + made.name, 'Its password, shown this once:', made.password); await read(); }
  }
  async function addKey() {
    const values = await ask('New API key', h('div.fields', field('Name', 'name', { required: true }), field('Scope', 'scope', {}, 'select', ...choice(['send', 'full', 'read'], 'send')), field('May send as (domains; empty: any)', 'domains')), 'Create');
    if (!values) return;
    let made;
    if (await act(async () => { made = await api.post('/keys', { name: values.name, scope: values.scope, domains: words(values.domains) }); })) { await secret('Key ' + made.name, 'Shown this once:', made.key); await read(); }
  }
  async function addToken() {
    const values = await ask('New admin token', h('div.fields', field('Name', 'name', { required: true }), field('Role', 'role', {}, 'select', ...choice(['view', 'operate', 'admin'], 'view'))), 'Create');
    if (!values) return;
    let made;
    if (await act(async () => { made = await api.post('/tokens', values); })) { await secret('Token ' + made.name, 'For this page and the admin API, shown this once:', made.token); await read(); }
  }
  async function addAccount() {
    const values = await ask('New account', field('Name', 'name', { required: true }), 'Create');
    if (values && await act(() => api.post('/accounts', values), 'created')) await read();
  }
  fill(main, h('h2.title', 'Users and keys'), card('SMTP logins', button('New login', addUser, ''), logins.body, logins.more), card('API keys', button('New key', addKey, ''), keys.body, keys.more), card('Admin tokens', button('New token', addToken, ''), tokens.body, tokens.more), card('Accounts', button('New account', addAccount, ''), accounts.body, accounts.more));
  await read();
}
