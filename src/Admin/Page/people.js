import { h, fill, card, table, when, badge, ask, button, field, choice, secret } from './dom.js';
import { api, query, act } from './api.js';
import { paged } from './paged.js';

const list = text => text.split(/[\s,]+/).filter(Boolean);
const limits = row => [row.senders.length ? 'as ' + row.senders.join(', ') : 'as anybody', row.networks.length ? 'from ' + row.networks.join(', ') : ''].filter(Boolean).join(' · ');

export async function users({ main, signal, shared }) {
  if (!shared.can('admin')) { fill(main, card('Users and keys', null, h('p.muted', 'This needs the role admin.'))); return; }
  const drop = (title, text, path, done) => button(title, async () => { if (await ask(title + '?', h('p', text), title, true) && await act(() => api.remove(path), done)) await read(); }, 'quiet.small');
  const list = (path, cols, empty) => paged(path, cols, empty, signal, 'after');
  const logins = list('/users', [['Login', row => h('b', row.name)], ['May send', row => limits(row), 'clip'], ['Made', row => when(row.createdAt), 'nowrap'], ['Last used', row => when(row.lastUsedAt) || 'never', 'nowrap'],
    ['', row => h('div.row', button('Certificates…', () => certificates(row), 'quiet.small'), button('Password…', () => password(row.name), 'quiet.small'), drop('Delete', row.name + ' can send no more.', '/users/' + encodeURIComponent(row.name), 'deleted'))]], 'No SMTP logins. This machine may send without one; others need one.');
  const keys = list('/keys', [['Key', row => [h('b', row.name), row.hint && h('span.sub.mono', row.hint + '…')]], ['Account', row => row.account], ['Scope', row => row.scopes], ['May send', row => limits(row), 'clip'], ['Last used', row => when(row.lastUsedAt) || 'never', 'nowrap'],
    ['', row => row.revokedAt ? badge('revoked', '') : drop('Revoke', row.name + ' ends at once.', '/keys/' + encodeURIComponent(row.name) + query({ account: row.account }), 'revoked')]], 'No API keys. A key works with the HTTP API, and as SMTP password for the user apikey.');
  const tokens = list('/tokens', [['Token', row => [h('b', row.name), row.hint && h('span.sub.mono', row.hint + '…')]], ['Role', row => badge(row.role, row.role === 'admin' ? 'warn' : '')], ['Made', row => when(row.createdAt), 'nowrap'], ['Expires', row => when(row.expiresAt) || 'never', 'nowrap'], ['Last used', row => when(row.lastUsedAt) || 'never', 'nowrap'],
    ['', row => row.name === 'bootstrap' ? button('Rotate', rotate, 'quiet.small') : drop('Revoke', row.name + ' ends at once.', '/tokens/' + encodeURIComponent(row.name), 'revoked')]]);
  const accounts = list('/accounts', [['Account', row => h('b', row.name)], ['State', row => row.suspendedAt ? badge('suspended', 'bad') : badge('active')], ['Made', row => row.createdAt < '1971' ? 'with the server' : when(row.createdAt), 'nowrap'],
    ['', row => row.name !== 'default' && button(row.suspendedAt ? 'Resume' : 'Suspend', async () => { if (await ask((row.suspendedAt ? 'Resume ' : 'Suspend ') + row.name + '?', h('p', row.suspendedAt ? 'Its keys and logins work again.' : 'Its keys and logins are refused; mail already accepted still goes.'), 'Yes', !row.suspendedAt) && await act(() => api.post(`/accounts/${encodeURIComponent(row.name)}/${row.suspendedAt ? 'resume' : 'suspend'}`), 'done')) await read(); }, 'quiet.small')]]);
  const read = () => Promise.all([logins, keys, tokens, accounts].map(one => one.read()));
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
    if (await act(async () => { made = await api.post('/users', { name: values.name, senders: list(values.senders), networks: list(values.networks) }); })) { await secret('Login ' + made.name, 'Its password, shown this once:', made.password); await read(); }
  }
  async function addKey() {
    const values = await ask('New API key', h('div.fields', field('Name', 'name', { required: true }), field('Scope', 'scope', {}, 'select', ...choice(['send', 'full', 'read'], 'send')), field('May send as (domains; empty: any)', 'domains')), 'Create');
    if (!values) return;
    let made;
    if (await act(async () => { made = await api.post('/keys', { name: values.name, scope: values.scope, domains: list(values.domains) }); })) { await secret('Key ' + made.name, 'Shown this once:', made.key); await read(); }
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
