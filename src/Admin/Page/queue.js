import { h, fill, card, table, facts, number, when, badge, bytes, ask, chips, button, choice, field, span, toast } from './dom.js';
import { api, all, query, act, download, raw } from './api.js';
import { firstMessage } from './overview.js';
import { reader } from './captured.js';
import { messageFindings } from './receivers.js';

const states = [['', 'Open'], ['ready,leased,scheduled', 'Due'], ['deferred', 'Deferred'], ['held', 'Held'], ['delivered', 'Delivered'], ['bounced,expired', 'Failed'], ['captured', 'Captured'], ['cancelled,suppressed', 'Not sent']];
const acts = {
  retry: ['Try now', 'Try', 'due now'], hold: ['Hold', 'Hold', 'held'], release: ['Release', 'Release', 'released'], cancel: ['Cancel', 'Withdraw for good', 'cancelled'], bounce: ['Give up…', 'Give up for good', 'given up'], rebind: ['Send another way…', 'Send', 'sent another way'],
};
const offered = { deferred: ['retry', 'hold', 'cancel'], ready: ['hold', 'cancel'], scheduled: ['retry', 'hold', 'cancel'], held: ['release', 'cancel'] };
const asks = {
  bounce: () => field('Reason, for the events (no report is sent)', 'reason', { maxLength: 500 }),
  rebind: () => h('div.fields', field('Way', 'to', { required: true, pattern: 'domain|(rule|route|pool):.+', placeholder: 'route:NAME, rule:NAME, pool:NAME or domain' }), h('p.muted.small', 'As [route."NAME"], [rule.NAME] and [egress.pool.NAME] stand in relay.toml; domain is the ordinary way. It is tried at once.')),
};
const isFinal = name => name === 'cancel' || name === 'bounce';
const result = (name, answer) => `${number(answer.affected)} ${answer.affected === 1 ? 'recipient' : 'recipients'} ${acts[name][2]}` + (answer.skippedLeased ? `; ${answer.skippedLeased} being delivered right now were left alone` : '');

async function steer(name, criteria, what, run = values => act(() => api.post('/queue/' + name, values), answer => result(name, answer))) {
  const values = await ask(acts[name][0].replace('…', '') + '?', [h('p', what), asks[name]?.()], acts[name][1], isFinal(name));
  return values ? run({ ...criteria, ...values }) : false;
}
/** A large act, piece by piece on the server, with how far it is and a way to break it off. */
async function inBackground(name, criteria, box, signal) {
  let job = null, stopped = false;
  if (!await act(async () => { job = await api.post(`/queue/${name}?background=true`, criteria); })) return false;
  const stop = button('Break off', async () => { stopped = await act(() => api.remove('/queue/jobs/' + job.id), 'broken off; what was done stays done'); }, 'quiet.small');
  while (!signal.aborted && !stopped && ['pending', 'running'].includes(job.status)) {
    fill(box, h('div.notice', acts[name][0].replace('…', ''), `: ${job.progress} %, ${number(job.processed)} recipients `, stop));
    await new Promise(resolve => setTimeout(resolve, 700));
    job = await api.get('/queue/jobs/' + job.id).catch(() => ({ ...job, status: 'gone' }));
  }
  fill(box);
  if (!stopped) toast(job.error ?? `${number(job.processed)} ${job.processed === 1 ? 'recipient' : 'recipients'} ${acts[name][2]}`, job.error ? 'bad' : '');
  return true;
}

export async function queue({ main, signal, parameters, shared, go }) {
  const filter = { state: parameters.get('state') ?? '', key: parameters.get('key') ?? '', search: parameters.get('search') ?? '' };
  let tab = parameters.get('tab') ?? 'list', by = 'domain', next = null, paged = false;
  const tabs = h('div'), tools = h('div.row'), body = h('div'), more = h('div.row.end'), progress = h('div');
  const remember = () => go('#/queue' + query({ ...filter, tab: tab === 'list' ? '' : tab }), true);
  const search = h('input', { type: 'search', placeholder: 'recipient, From or subject', 'aria-label': 'Search', value: filter.search, oninput: () => { clearTimeout(search.timer); search.timer = setTimeout(() => { filter.search = search.value.trim(); restart(); }, 250); } });
  const key = h('input', { placeholder: 'destination domain', 'aria-label': 'Destination domain', value: filter.key, onchange: () => { filter.key = key.value.trim(); restart(); } });
  const restart = () => { paged = false; remember(); showTools(); return read().catch(trouble => toast(trouble.message, 'bad')); };
  const columns = [
    ['Recipient', row => [h('a', { href: '#/message/' + row.messageId }, row.recipient), h('span.sub', row.subject || '(no subject)')]],
    ['From', row => [row.from || row.reversePath || '<>', h('span.sub', [bytes(row.sizeBytes), ' · ', when(row.acceptedAt)])]],
    ['State', row => [badge(row.state), row.attempts > 0 && h('span.sub', row.attempts + (row.attempts === 1 ? ' attempt' : ' attempts'))], 'nowrap'],
    ['Next', row => row.state === 'held' || row.state === 'leased' ? '' : when(row.nextAttempt), 'nowrap'],
    ['Last reply', row => row.lastReply ? [row.lastReply, row.lastHost && h('span.sub', row.lastHost)] : '', 'clip'],
  ];
  function showTools() {
    fill(tabs, chips([['list', 'Recipients'], ['ages', 'Ages']], tab, value => { tab = value; restart(); }, 'Form'));
    if (tab === 'ages') { fill(tools, chips([['domain', 'Destination'], ['sender', 'Sender'], ['account', 'Account'], ['stream', 'Stream'], ['state', 'State']], by, value => { by = value; restart(); }, 'By')); return; }
    const canBulk = shared.can('operate') && (filter.key || !filter.search);
    fill(tools, chips(states, filter.state, value => { filter.state = value; restart(); }, 'State'), h('span.grow'), key, search,
      canBulk && ['', 'deferred', 'held', 'ready,leased,scheduled'].includes(filter.state) && h('select', { 'aria-label': 'Act on all of them', onchange: bulk }, h('option', { value: '' }, 'All ' + (filter.state ? states.find(([value]) => value === filter.state)[1].toLowerCase() + ' ' : '') + (filter.key ? `to ${filter.key}…` : '…')), ['retry', 'hold', 'release', 'rebind', 'bounce', 'cancel'].map(name => h('option', { value: name }, acts[name][0]))));
  }
  async function bulk(event) {
    const name = event.target.value;
    event.target.value = '';
    if (!name) return;
    const state = filter.state.split(',').filter(word => word && word !== 'leased').join(',');
    const criteria = { ...(filter.key && { queueKey: filter.key }), ...(state && { state }), ...(!filter.key && !state && { all: true }) };
    const what = (state ? 'Every recipient that is ' + state.replaceAll(',', ' or ') : 'Everything that waits') + (filter.key ? ` for ${filter.key}.` : '.');
    if (await steer(name, criteria, what, values => inBackground(name, values, progress, signal))) await read();
  }
  async function read(older = false) {
    if (tab === 'ages') return readAges();
    const page = await api.get('/queue' + query({ ...filter, limit: 50, before: older ? next : '' }));
    if (signal.aborted) return;
    next = page.next;
    const content = table(columns, page.entries, filter.search || filter.key || filter.state ? 'Nothing matches.' : [h('b', 'The queue is empty. '), 'Mail that waits stands here. One that the simulator defers, to see it:', h('pre', firstMessage(shared.status, 'defer@simulator.relay.test'))]);
    if (older) body.append(content); else fill(body, content);
    fill(more, next && button('Older', () => { paged = true; return read(true); }));
  }
  async function readAges() {
    const answer = await api.get('/queue/ages?limit=50&by=' + by);
    if (signal.aborted) return;
    const heads = answer.boundsMinutes.map(minutes => '<' + (minutes < 60 ? minutes + 'm' : Math.round(minutes / 60) + 'h')).concat('older');
    fill(more);
    fill(body, table([[{ domain: 'Destination', sender: 'Sender domain', account: 'Account', stream: 'Stream', state: 'State' }[by], row => by === 'domain' ? h('a', { href: '#/queue' + query({ key: row.name }) }, row.name) : row.name || '<>'], ['All', row => h('b', number(row.total)), 'num'],
      ...heads.map((head, i) => [head, row => row.counts[i] ? number(row.counts[i]) : '', 'num'])], answer.rows, 'Nothing waits.'));
  }
  fill(main, h('section.card', h('header', h('h2', 'Queue'), tabs), tools, h('div', { className: 'gap' }), progress, body, more));
  showTools();
  await read();
  shared.onStatus = () => paged || document.activeElement?.closest('#main select') ? null : read();
}

const replyOf = event => [event.replyCode, event.enhancedCode, event.text].filter(Boolean).join(' ');
function happened(event) {
  const details = [event.attempt && 'attempt ' + event.attempt, event.remoteHost && event.remoteHost + (event.remoteAddress ? ' [' + event.remoteAddress + ']' : ''), event.tls, event.step && 'at ' + event.step, event.class, event.fault && 'fault: ' + event.fault,
    event.source && event.source !== 'default' && 'from ' + event.source, event.durationMs !== null && event.durationMs !== undefined && event.durationMs + ' ms', event.actor && 'by ' + event.actor].filter(Boolean).join(' · ');
  return h('li', h('div', when(event.at), h('span.sub.muted.small', ' ')), h('div', badge(event.kind), event.recipient, h('div', replyOf(event)), details && h('div.muted.small', details), event.nextAttempt && new Date(event.nextAttempt) > Date.now() && h('div.muted.small', 'next ', when(event.nextAttempt)),
    event.conversation && h('details', h('summary', 'Conversation'), h('pre', event.conversation))));
}
export async function message({ main, signal, parts: [id], shared, go }) {
  const content = h('div.grid'), why = h('div');
  async function show() {
    const item = await api.get('/messages/' + id);
    if (signal.aborted) return;
    const open = item.recipients.filter(recipient => offered[recipient.state]);
    const offers = open.length ? [...new Set([...open.flatMap(recipient => offered[recipient.state]), 'rebind', 'bounce'])] : [];
    const final = item.recipients.every(recipient => !['scheduled', 'ready', 'leased', 'deferred', 'held'].includes(recipient.state));
    const run = async (name, recipient) => { if (await steer(name, recipient ? { messageId: id, recipientId: recipient.id } : { messageId: id }, recipient ? recipient.address : `All ${open.length} open recipients of this message.`)) await show(); };
    fill(main,
      h('div.row', h('a', { href: '#/queue' }, '← Queue'), h('span.grow'), shared.can('operate') && [offers.map(name => button(acts[name][0], () => run(name), isFinal(name) ? 'danger' : 'quiet')),
        item.hasContent && [button('Send a copy…', () => deliver(id, item, go)), button('Download', () => act(() => download(`/messages/${id}/raw`, id + '.eml')))], final && button('Delete', async () => { if (await ask('Delete this message?', h('p', 'Message and content go; its events stay.'), 'Delete', true) && await act(() => api.remove('/messages/' + id), 'deleted')) go('#/queue'); }, 'danger')]),
      card(item.subject || '(no subject)', badge(item.stream, ''), facts([['From', item.from], ['Envelope', '<' + (item.reversePath || '') + '>'], ['Accepted', [when(item.acceptedAt), ' over ' + item.door, item.clientAddress && ' from ' + item.clientAddress]], ['Expires', final ? null : when(item.expiresAt)], ['Not before', item.notBefore && when(item.notBefore)],
        ['Size', bytes(item.sizeBytes)], ['Queue id', h('code', item.id)], ['Message-ID', item.messageIdHeader && h('span.mono', item.messageIdHeader)], ['Tags', item.tags.join(', ')], ['Priority', item.priority === 'normal' ? null : item.priority]])),
      card('Recipients', null, table([['Address', row => [row.address, h('span.sub', row.queueKey)]], ['State', row => badge(row.state), 'nowrap'], ['Attempts', row => number(row.attempts), 'num'], ['Next', row => ['held', 'leased'].includes(row.state) ? '' : when(row.nextAttempt), 'nowrap'], ['Last reply', row => row.lastReply ? [row.lastReply, row.lastHost && h('span.sub', row.lastHost)] : '', 'clip'],
        ['', row => shared.can('operate') ? h('div.row', (offered[row.state] ?? []).map(name => button(acts[name][0], () => run(name, row), name === 'cancel' ? 'danger.small' : 'quiet.small'))) : '']], item.recipients)),
      why, card('What happened', h('span.muted.small', 'newest first'), h('ul.timeline', item.events.map(happened))), content);
    await Promise.all([explain(why, item, signal), read(content, item)]);
  }
  async function read(box, item) {
    if (box.children.length) return;
    if (!item.hasContent) { fill(box, card('Content', null, h('p.muted', 'The content has been deleted, as the retention settings say.'))); return; }
    const headers = h('div');
    fill(box, shared.can('operate') && messageFindings(id, signal), card('Content', null, headers));
    fill(headers, h('details', { ontoggle: async event => { if (event.target.open && event.target.children.length < 2) { const page = await all(`/messages/${id}/headers`); event.target.append(facts(page.entries.map(field => [field.name, h('span.mono', field.value)]))); } } }, h('summary', 'Header fields')),
      shared.can('operate') ? button('Read the message', () => { fill(headers); reader(headers, item, shared); }) : h('p.muted.small', 'Reading content needs the role operate.'));
  }
  await show();
}
/** Why it has not gone: asked of the route, and of the delivery engine where it explains itself. */
async function explain(box, item, signal) {
  const waiting = item.recipients.filter(recipient => ['scheduled', 'ready', 'deferred', 'held', 'leased'].includes(recipient.state));
  if (!waiting.length) { fill(box); return; }
  const lines = waiting.slice(0, 5).map(recipient => ({ recipient, text: reason(recipient) }));
  fill(box, card('Why it waits', null, lines.map(line => h('div', h('b', line.recipient.address), ' ', line.text, h('div.why', { 'data-id': line.recipient.id })))));
  const engine = await api.get(`/messages/${item.id}/why`).catch(() => null);
  if (signal.aborted) return;
  for (const found of engine?.recipients ?? []) box.querySelector(`[data-id="${found.id}"]`)?.before(h('p.muted', found.blockers.length ? found.blockers.map(one => h('div', one.what, one.origin && ` (${one.origin})`, one.until && [', over ', when(one.until)])) : found.summary, found.ahead > 0 && h('div', `${number(found.ahead)} of the same flow before it`)));
  for (const line of lines) {
    const route = await api.get('/routes/explain' + query({ to: line.recipient.address, from: item.reversePath, stream: item.stream, account: item.accountId })).catch(() => null);
    const target = box.querySelector(`[data-id="${line.recipient.id}"]`);
    if (signal.aborted || !route || !target) continue;
    fill(target, h('details', h('summary', 'Route now'), facts([['Decided by', route.decision], ['Way', route.kind], ['Site', route.site], ['Trouble', route.failure], ['Hosts', route.dialOrder.slice(0, 4).join(', ')], ['TLS', route.tls], ['Sources', route.sources.map(source => source.name + (source.state && source.state !== 'ready' ? ' (' + source.state + ')' : '')).join(', ')], ['Limits', route.limits.map(limit => `${limit.name} ${limit.value}`).join(', ')]])));
  }
}
function reason(recipient) {
  switch (recipient.state) {
    case 'held': return 'It is held until somebody releases it.';
    case 'scheduled': return ['Its sender asked for a later time: ', when(recipient.nextAttempt)];
    case 'leased': return 'It is being delivered right now.';
    case 'deferred': return ['The other side said "later"; next attempt ', when(recipient.nextAttempt), recipient.lastReply ? [': ', h('q', recipient.lastReply)] : ''];
    default: return 'It is due.';
  }
}
export async function deliver(id, item, go) {
  const values = await ask('Send for real', [h('p', 'A new message with this content goes out, past sandbox and capture routes, to:'), field('Recipients, one per line', 'recipients', { value: item.recipients.map(recipient => recipient.address).join('\n') }, 'textarea')], 'Send');
  if (!values) return;
  await act(async () => { const sent = await api.post(`/messages/${id}/deliver`, { recipients: values.recipients.split(/[\s,]+/).filter(Boolean) }); go('#/message/' + sent.messageId); }, 'sent');
}
