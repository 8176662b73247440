'use strict';
const $ = id => document.getElementById(id);
const views = [
  ['Waiting', 'scheduled,ready,leased,deferred'], ['Held', 'held'], ['Captured', 'captured'],
  ['Bounced', 'bounced,expired'], ['Delivered', 'delivered'], ['Other', 'cancelled,suppressed'],
];
const tone = { delivered: 'good', captured: 'good', bounced: 'bad', expired: 'bad', deferred: 'warn', held: 'warn' };
let token = sessionStorage.getItem('token');
let view = 0, next = null, timer = null, chosen = false;

function el(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children.filter(c => c !== null && c !== undefined));
  return node;
}
const when = text => text ? new Date(text).toLocaleString() : '';
const badge = state => el('span', { className: 'badge ' + (tone[state] || ''), textContent: state });

async function call(path, method = 'GET', body) {
  const answer = await fetch('/admin/v1' + path, {
    method,
    headers: { authorization: 'Bearer ' + token, ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (answer.status === 401) { leave('The token is not valid (any more).'); throw new Error('not logged in'); }
  const data = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(data.detail || data.title);
  return data;
}

function leave(reason) {
  token = null;
  sessionStorage.removeItem('token');
  clearTimeout(timer);
  $('app').hidden = true; $('leave').hidden = true; $('login').hidden = false;
  $('login-error').textContent = reason || '';
  $('token').focus();
}

function rows(table, list, make, empty) {
  const body = $(table).tBodies[0];
  body.replaceChildren(...list.map(make));
  if (list.length === 0) body.append(el('tr', {}, el('td', { colSpan: 9, className: 'muted', textContent: empty })));
}

function showStatus(status) {
  $('host').textContent = status.hostname + ' · ' + status.version + ' · up ' + status.uptime;
  $('sandbox').hidden = !status.sandbox;
  $('health').replaceChildren(...status.health.map(part => el('span', {
    className: 'badge ' + (part.healthy ? 'good' : 'bad'), textContent: part.name + (part.healthy ? ' ok' : ' unwell'), title: part.reason || '' })));
  const notes = [...status.warnings, ...status.health.filter(p => !p.healthy).map(p => p.name + ': ' + p.reason)];
  $('warnings').replaceChildren(...notes.map(text => el('div', { className: 'notice', textContent: text })));
  const states = Object.entries(status.queue.byState);
  $('counters').replaceChildren(...(states.length ? states : [['waiting', 0]]).map(([name, count]) =>
    el('div', { className: 'counter' }, el('b', { textContent: count.toLocaleString() }), el('span', { className: 'muted', textContent: name }))));
  rows('keys', status.queue.byKey, key => el('tr', {},
    el('td', { textContent: key.queueKey }), el('td', { className: 'num', textContent: key.waiting }), el('td', { className: 'num', textContent: key.leased }),
    el('td', { className: 'num', textContent: key.held }), el('td', { className: 'nowrap', textContent: when(key.nextDue) })), 'The queue is empty.');
  rows('listeners', status.listeners, l => el('tr', {},
    el('td', { textContent: l.name }), el('td', { className: 'nowrap', textContent: l.endpoint }), el('td', { textContent: l.tls }), el('td', { textContent: l.auth }),
    el('td', { className: 'num', textContent: l.connections })), 'No listener.');
  rows('sites', status.sites.slice(0, 20), s => el('tr', {},
    el('td', { textContent: s.name }), el('td', { className: 'num', textContent: s.connections }), el('td', { className: 'num', textContent: s.waiting }),
    el('td', {}, s.suspension ? el('span', { className: 'bad', textContent: 'suspended: ' + s.suspension }) : el('span', { className: 'muted', textContent: s.lastReply || 'no reply yet' }))),
    'Nothing has been sent since the start.');
  $('updated').textContent = 'updated ' + new Date().toLocaleTimeString();
  if (!chosen && status.sandbox) { chosen = true; view = 2; showViews(); }
}

function showViews() {
  $('views').replaceChildren(...views.map(([name], i) => {
    const button = el('button', { type: 'button', textContent: name, onclick: () => { chosen = true; view = i; showViews(); refreshList(); } });
    if (i === view) button.setAttribute('aria-current', 'true');
    return button;
  }));
}

function line(entry) {
  const row = el('tr', { tabIndex: 0, onclick: () => open(entry.messageId), onkeydown: e => { if (e.key === 'Enter') open(entry.messageId); } },
    el('td', { className: 'nowrap', textContent: when(entry.acceptedAt) }), el('td', { textContent: entry.recipient }), el('td', { textContent: entry.from || entry.reversePath || '<>' }),
    el('td', { textContent: entry.subject || '' }),
    el('td', { className: 'nowrap' }, badge(entry.state), entry.nextAttempt && entry.state !== 'leased' ? el('div', { className: 'muted', textContent: 'next ' + when(entry.nextAttempt) }) : null),
    el('td', { className: 'muted', textContent: entry.lastReply || '' }));
  return row;
}

async function refreshList(older = false) {
  const query = new URLSearchParams({ state: views[view][1], limit: 50 });
  if ($('search').value.trim()) query.set('search', $('search').value.trim());
  if (older && next) query.set('before', next);
  const page = await call('/queue?' + query);
  next = page.next;
  const lines = page.entries.map(line);
  if (older) $('list').tBodies[0].append(...lines); else $('list').tBodies[0].replaceChildren(...lines);
  $('empty').hidden = $('list').tBodies[0].children.length > 0;
  $('empty').textContent = 'Nothing here: ' + views[view][0].toLowerCase() + ' recipients appear in this list.';
  $('more').hidden = !next;
}

async function refresh() {
  clearTimeout(timer);
  try {
    showStatus(await call('/status'));
    if (!$('more').dataset.paged) await refreshList();
    $('login').hidden = true; $('app').hidden = false; $('leave').hidden = false;
  } catch (trouble) {
    if (token) $('updated').textContent = 'no answer: ' + trouble.message;
  }
  if (token) timer = setTimeout(refresh, 4000);
}

async function act(id, action, recipient) {
  try {
    await call('/queue/' + action, 'POST', recipient ? { messageId: id, recipientId: recipient } : { messageId: id });
    await open(id);
    await refreshList();
  } catch (trouble) { alert(trouble.message); }
}

function facts(pairs) {
  return el('dl', {}, ...pairs.filter(([, value]) => value).flatMap(([name, value]) => [el('dt', { textContent: name }), el('dd', { textContent: value })]));
}

function actions(id, recipient) {
  const offer = { deferred: ['retry', 'hold', 'cancel'], ready: ['hold', 'cancel'], scheduled: ['retry', 'hold', 'cancel'], held: ['release', 'cancel'] }[recipient.state] || [];
  return el('span', {}, ...offer.flatMap(name => [el('button', {
    type: 'button', className: name === 'cancel' ? 'danger' : 'quiet', textContent: { retry: 'Retry now', hold: 'Hold', release: 'Release', cancel: 'Cancel' }[name],
    onclick: () => { if (name !== 'cancel' || confirm('Withdraw ' + recipient.address + ' for good?')) act(id, name, recipient.id); } }), ' ']));
}

function eventRow(event) {
  const summary = [event.replyCode, event.enhancedCode, event.text].filter(Boolean).join(' ');
  const details = [event.attempt && 'attempt ' + event.attempt, event.remoteHost && event.remoteHost + (event.remoteAddress ? ' [' + event.remoteAddress + ']' : ''),
    event.tls, event.step && 'at ' + event.step, event.class, event.durationMs !== null && event.durationMs !== undefined ? event.durationMs + ' ms' : null, event.actor && 'by ' + event.actor,
    event.nextAttempt && 'next ' + when(event.nextAttempt)].filter(Boolean).join(' · ');
  return el('tr', {}, el('td', { className: 'nowrap', textContent: when(event.at) }), el('td', {}, badge(event.kind)), el('td', { textContent: event.recipient || '' }),
    el('td', {}, summary, details ? el('div', { className: 'muted', textContent: details }) : null,
      event.conversation ? el('details', {}, el('summary', { textContent: 'Conversation' }), el('pre', { textContent: event.conversation })) : null));
}

async function showContent(id, box) {
  try {
    const content = await call('/messages/' + id + '/content');
    const parts = [facts(content.headers.map(h => [h.name, h.value]))];
    if (content.html) parts.push(Object.assign(el('iframe', { title: 'HTML body' }), { sandbox: '', srcdoc: content.html }));
    if (content.text) parts.push(el('pre', { textContent: content.text }));
    if (content.attachments.length) parts.push(el('p', { textContent: 'Attachments: ' + content.attachments.map(a => (a.name || a.mediaType) + ' (' + a.sizeBytes + ' octets)').join(', ') }));
    box.replaceChildren(...parts);
  } catch (trouble) { box.textContent = trouble.message; }
}

async function open(id) {
  const message = await call('/messages/' + id);
  $('message-title').textContent = message.subject || '(no subject)';
  const content = el('div');
  const read = el('button', { type: 'button', className: 'quiet', textContent: 'Read the message', onclick: () => { read.remove(); showContent(id, content); } });
  const table = el('table', {}, el('tbody', {}, ...message.recipients.map(r => el('tr', {},
    el('td', { textContent: r.address }), el('td', { className: 'nowrap' }, badge(r.state)), el('td', { className: 'muted', textContent: [r.attempts + ' attempts', r.nextAttempt && 'next ' + when(r.nextAttempt), r.lastReply, r.lastHost].filter(Boolean).join(' · ') }),
    el('td', { className: 'nowrap' }, actions(id, r))))));
  const events = el('table', {}, el('tbody', {}, ...message.events.map(eventRow)));
  $('message-body').replaceChildren(
    facts([['Id', message.id], ['From', message.from], ['Reverse-path', message.reversePath || '<> (null)'], ['Accepted', when(message.acceptedAt) + ' by ' + message.door + (message.clientAddress ? ' from ' + message.clientAddress : '')],
      ['Expires', when(message.expiresAt)], ['Size', message.sizeBytes + ' octets'], ['Message-ID', message.messageIdHeader]]),
    el('h3', { textContent: 'Recipients' }), table,
    el('h3', { textContent: 'What happened' }), events,
    el('h3', { textContent: 'Content' }),
    message.hasContent ? read : el('p', { className: 'muted', textContent: 'The content has been deleted, as the retention settings say.' }),
    content);
  if (!$('message').open) $('message').showModal();
  if (message.hasContent && message.recipients.some(r => r.state === 'captured')) read.click();
}

$('login-form').addEventListener('submit', e => { e.preventDefault(); token = $('token').value.trim(); sessionStorage.setItem('token', token); $('login-error').textContent = ''; refresh(); });
$('leave').addEventListener('click', () => leave());
$('close').addEventListener('click', () => $('message').close());
$('more').addEventListener('click', () => { $('more').dataset.paged = 'yes'; refreshList(true); });
$('search').addEventListener('input', () => { delete $('more').dataset.paged; refreshList(); });
const handed = new URLSearchParams(location.hash.slice(1)).get('token');
if (handed) { token = handed; sessionStorage.setItem('token', handed); history.replaceState(null, '', location.pathname); }
showViews();
if (token) refresh(); else leave();
