import { h, fill, card, table, facts, number, percent, when, badge, ask, chips, button, field, choice, copy, toast } from './dom.js';
import { api, all, query, act, follow, download } from './api.js';
import { meter } from './chart.js';
import { paged } from './paged.js';
import { suspend, suspensions } from './suspensions.js';
import { privacy } from './privacy.js';
import { jobs } from './jobs.js';

const reply = event => [event.replyCode, event.enhancedCode, event.text].filter(Boolean).join(' ');
const link = event => h('a', { href: '#/message/' + event.messageId }, event.recipient || 'message ' + event.messageId.slice(-6));
const columns = [
  ['When', event => when(event.at), 'nowrap'], ['What', event => badge(event.kind), 'nowrap'], ['Recipient', link],
  ['Reply', event => [h('span.lines', { title: reply(event) }, reply(event)), h('span.sub', [event.class, event.remoteHost, event.actor && 'by ' + event.actor].filter(Boolean).join(' · '))], 'clip'],
];

const searchBox = (label, value, change) => { const box = h('input', { type: 'search', placeholder: label, 'aria-label': label, value, oninput: () => { clearTimeout(box.timer); box.timer = setTimeout(() => change(box.value.trim()), 250); } }); return box; };
const within = (rows, text, ...pick) => text ? rows.filter(row => pick.some(read => String(read(row) ?? '').toLowerCase().includes(text.toLowerCase()))) : rows;

export async function events({ main, signal, parameters }) {
  const filter = { kind: parameters.get('kind') ?? '', recipient: '' };
  const kinds = [['', 'All'], ['delivered', 'Delivered'], ['deferred', 'Deferred'], ['bounced,expired', 'Failed'], ['accepted', 'Accepted'], ['captured', 'Captured'], ['opened,clicked', 'Opened, clicked'], ['complained,unsubscribed', 'Complaints']];
  const tools = h('div.row'), body = h('div'), state = h('span.badge'), more = h('div.row.end');
  let lines = [], isPaused = false, following = null, frame = 0, next = null;
  const matching = event => !filter.recipient || event.recipient?.toLowerCase() === filter.recipient.toLowerCase();
  const draw = () => { frame = 0; if (!isPaused) fill(body, table(columns, lines, 'Nothing has happened yet that matches.')); };
  function showTools() {
    fill(tools, chips(kinds, filter.kind, value => { filter.kind = value; start(); }, 'Kind'), h('span.grow'), h('input', { type: 'search', placeholder: 'whole address', 'aria-label': 'Recipient', value: filter.recipient, onchange: event => { filter.recipient = event.target.value.trim(); start(); } }),
      Object.assign(button(isPaused ? 'Go on' : 'Pause', () => { isPaused = !isPaused; showTools(); draw(); }), { id: 'pause' }));
  }
  async function older() {
    const page = await api.get('/events' + query({ ...filter, limit: 100, before: next }));
    lines = lines.concat(page.entries); next = page.next; draw(); fill(more, next && button('Older', older));
  }
  async function start() {
    following?.abort();
    following = new AbortController();
    signal.addEventListener('abort', () => following.abort());
    showTools();
    const newest = async () => {
      const page = await api.get('/events' + query({ ...filter, limit: 100 }));
      lines = page.entries; next = page.next; draw();
      fill(more, next && button('Older', older));
    };
    await newest();
    const mine = following.signal;
    for (let isBack = false; !mine.aborted; isBack = true) {
      try {
        if (isBack) await newest();
        await follow('/events/stream' + query(filter), mine, (kind, item) => {
          state.className = 'badge good'; state.textContent = 'live';
          if (kind === 'event' && matching(item)) { lines = [item, ...lines].slice(0, 300); if (!frame) frame = setTimeout(draw, 150); }
          if (kind === 'lost') toast(item.text, 'bad');
        });
        state.className = 'badge bad'; state.textContent = 'reconnecting';
      } catch (trouble) {
        if (mine.aborted || !api.hasToken) return;
        state.className = 'badge bad'; state.textContent = trouble.status === 503 ? trouble.message : 'reconnecting';
      }
      if (!mine.aborted) await new Promise(resolve => setTimeout(resolve, 3000));
    }
  }
  fill(main, h('section.card', h('header', h('h2', 'Live events'), state), tools, h('div.gap'), body, more));
  start().catch(trouble => { if (!signal.aborted) fill(body, h('div.notice.bad', trouble.message)); });
}

export async function destinations({ main, signal, parameters, shared }) {
  let search = parameters.get('search') ?? '';
  const body = h('div');
  const decisions = h('div');
  const limit = value => [value.value, h('span.sub', value.origin)];
  /** What replies and strain have lowered or suspended, until when, and why. */
  async function readDecisions() {
    const page = await api.get('/shaping/decisions?limit=50');
    if (signal.aborted || !page.entries.length) return;
    const end = row => button('End', async () => { if (await ask('End this decision?', h('p', `${row.act} of ${row.site ?? 'every site'}: sending goes on as configured.`), 'End') && await act(() => api.remove('/shaping/decisions/' + row.id), 'ended')) await readDecisions(); }, 'quiet.small');
    fill(decisions, card('Slowed down and suspended', null, table([
      ['Since', row => when(row.at), 'nowrap'], ['What', row => [badge(row.act, row.active ? 'warn' : ''), h('span.sub', [row.connections && row.connections + ' connections', row.rate].filter(Boolean).join(' · '))]], ['Where', row => [row.site ?? 'every site', row.source && h('span.sub', 'from ' + row.source)]],
      ['Why', row => [row.reason, h('span.sub', row.rule)], 'clip'], ['Until', row => row.endedAt ? ['ended ', when(row.endedAt)] : when(row.until), 'nowrap'], ['', row => row.active && shared.can('operate') && end(row)],
    ], page.entries)));
  }
  const more = h('div.row.end');
  let next = null, isLong = false;
  const changes = site => site.overrides.map(change => h('span.sub', `${change.change} until `, when(change.until), ': ', change.reason));
  const sites = [
    ['Site', site => [h('b', site.name), site.source !== 'default' && h('span.sub', 'from ' + site.source)]],
    ['Connections', site => [site.connections, h('span.sub', site.busy + ' busy')], 'num'], ['At most', site => [limit(site.maxConnections), String(site.allowedConnections) !== site.maxConnections.value && h('span.sub', site.allowedConnections + ' by feedback')], 'num'], ['Rate', site => limit(site.messageRate), 'num'], ['Waiting', site => number(site.waiting), 'num'],
    ['Delivered', site => number(site.delivered), 'num'], ['Deferred', site => { const all = site.delivered + site.deferred + site.rejected; return [number(site.deferred), all ? h('span.sub', meter(site.deferred / all), percent(site.deferred / all)) : '']; }, 'num'], ['Refused', site => number(site.rejected), 'num'],
    ['State', site => [site.suspension ? [badge('suspended', 'bad'), ' ', site.suspension, site.suspendedUntil && [' until ', when(site.suspendedUntil)]] : site.room, changes(site), site.lastReply && h('span.sub', h('q', site.lastReply), ' ', when(site.lastReplyAt))], 'clip'],
    ['', site => shared.can('operate') && button('Suspend…', async () => { if (await suspend('site', site.name)) await held.read(); }, 'quiet.small')],
  ];
  async function read(further = false) {
    const page = await api.get('/sites' + query({ search, limit: 100, after: further ? next : '' }));
    if (signal.aborted) return;
    next = page.next; isLong = further;
    const content = table(sites, page.entries, search ? 'Nothing matches.' : 'No destination is in use: sites stand here while mail goes to them, and some minutes longer.');
    if (further) body.append(content); else fill(body, content);
    fill(more, next !== null && button('More', () => read(true)));
  }
  const held = suspensions(signal, shared);
  fill(main, card('Destinations', searchBox('site', search, value => { search = value; read(); }), h('p.muted.small', 'Domains that share their MX hosts are one site. A path is site × egress source.'), body, more), held.card, decisions, explainRoute());
  await read();
  shared.onStatus = () => isLong || document.activeElement?.closest('#main button') ? null : read();
  await Promise.all([held.read(), readDecisions()]);
}
function explainRoute() {
  const answer = h('div');
  const form = h('form.row', { onsubmit: async event => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    try {
      const route = await api.get('/routes/explain' + query(values));
      fill(answer, h('div.gap'), facts([['Decided by', route.decision], ['Way', route.kind], ['Trouble', route.failure && h('span.bad', route.failure)], ['Site', route.site], ['Dials', route.dialOrder.length ? h('span.mono', route.dialOrder.slice(0, 6).join(', ')) : null], ['TLS', route.tls && `${route.tls} (${route.tlsOrigin})`], ['Sources', route.sources.map(source => source.name + (source.state && source.state !== 'ready' ? ' (' + source.state + ')' : '')).join(', ')], ['Limits', route.limits.map(item => `${item.name} ${item.value}`).join(' · ')], ['Preset', route.preset && [route.preset.title ?? route.preset.name, route.preset.source].filter(Boolean).join('; ')], ['Fallback', route.fallback]]));
    } catch (trouble) { fill(answer, h('div.notice.bad', trouble.message)); }
  } }, h('input', { name: 'to', type: 'email', required: true, placeholder: 'recipient', 'aria-label': 'Recipient' }), h('input', { name: 'from', placeholder: 'sender (optional)', 'aria-label': 'Sender' }), h('button', 'Explain'));
  return card('Which way would mail go?', null, form, answer);
}

export async function bounces({ main, signal, parameters }) {
  const filter = { domain: parameters.get('domain') ?? '', since: '' };
  const classes = h('div.row');
  const list = paged('/bounces', columns, 'Nothing has bounced. What receivers refuse for good stands here, with their reply.', signal);
  const read = async () => {
    const rows = await list.read({ ...filter, limit: 100 });
    if (!rows) return;
    const counts = new Map();
    for (const row of rows) counts.set(row.class ?? 'other', (counts.get(row.class ?? 'other') ?? 0) + 1);
    fill(classes, [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => h('span.badge', name, h('b', number(count)))), rows.length ? h('span.muted.small', 'of the newest ' + rows.length) : '');
  };
  const since = h('select', { 'aria-label': 'Since', onchange: () => { filter.since = since.value ? new Date(Date.now() - since.value * 3600000).toISOString() : ''; read(); } }, h('option', { value: '' }, 'Any time'), [[1, 'Last hour'], [24, 'Last day'], [168, 'Last week']].map(([value, text]) => h('option', { value }, text)));
  fill(main, card('Bounces', [since, searchBox('recipient domain', filter.domain, value => { filter.domain = value; read(); })], classes, h('div.gap'), list.body, list.more));
  await read();
}

export async function suppressions({ main, signal, shared }) {
  const body = h('div'), more = h('div.row.end');
  let next = null;
  async function read(older = false) {
    const page = await api.get('/suppressions' + query({ limit: 100, after: older ? next : '' }));
    if (signal.aborted) return;
    next = page.next;
    const content = table([['Address', row => [h('b', row.address), row.scope && !/^account/i.test(row.scope) && h('span.sub', row.scope)]], ['Reason', row => badge(row.reason, 'warn'), 'nowrap'], ['Detail', row => row.detail ?? '', 'clip'], ['Since', row => when(row.createdAt), 'nowrap'],
      ['', row => shared.can('operate') && button('Remove', async () => { if (await ask('Send to this address again?', h('p', row.address), 'Remove') && await act(() => api.remove('/suppressions/' + encodeURIComponent(row.address)), 'removed')) await read(); }, 'quiet.small')]], page.entries, 'No address is suppressed. Hard bounces and complaints put addresses here, and you may.');
    if (older) body.append(content); else fill(body, content);
    fill(more, next && button('More', () => read(true)));
  }
  const form = h('form.row', { onsubmit: async event => { event.preventDefault(); const values = Object.fromEntries(new FormData(form)); if (await act(() => api.post('/suppressions', values), values.address + ' is suppressed')) { form.reset(); await read(); } } },
    h('input', { name: 'address', type: 'email', required: true, placeholder: 'address', 'aria-label': 'Address to suppress' }), h('input', { name: 'detail', placeholder: 'why (optional)', 'aria-label': 'Why' }), h('button', 'Suppress'));
  const held = h('div');
  const lookUp = h('form.row', { onsubmit: async event => { event.preventDefault(); const { address } = Object.fromEntries(new FormData(lookUp)); try { const page = await all('/suppressions/' + encodeURIComponent(address)); fill(held, h('div.notice', page.entries.length ? page.entries.map(row => h('div', h('b', row.address), ` ${row.scope}: ${row.reason} `, row.detail ?? '', ' since ', when(row.createdAt), row.evidence && h('span.sub', row.evidence))) : address + ' may be sent to.')); } catch (trouble) { fill(held, h('div.notice.bad', trouble.message)); } } },
    h('input', { name: 'address', type: 'email', required: true, placeholder: 'is this address held?', 'aria-label': 'Address to look up' }), h('button.quiet', 'Look up'), button('Export', () => act(() => download('/suppressions.csv', 'suppressions.csv'))));
  fill(main, card('Suppressions', shared.can('operate') && form, lookUp, held, h('p.muted.small', 'Mail to these addresses is accepted and not sent. ', h('code', 'relay suppression import FILE'), ' takes a list over.'), body, more));
  await read();
}

export async function egress({ main, signal, shared }) {
  const body = h('div'), warmup = h('div');
  const show = status => fill(body, table([
    ['Source', source => h('b', source.name)], ['Addresses', source => source.addresses.length ? source.addresses.map(address => h('div.mono', address)) : h('span.muted', 'chosen by the system')], ['EHLO', source => h('span.mono', source.ehlo)],
    ['State', source => source.problem ? [badge('rests', 'bad'), ' ', source.problem, source.restsUntil && [' until ', when(source.restsUntil)]] : badge('in use', 'good')],
    ['Reverse name', source => source.reverseNames.length ? source.reverseNames.map(name => h('div', h('span.mono', name.address), ' ', name.problem ? h('span.bad', name.problem) : name.name)) : h('span.muted', 'checked for public addresses')],
  ], status.sources));
  fill(main, card('Egress', null, h('p.muted.small', 'Where mail is sent from. Sources and pools stand in relay.toml: ', h('code', '[egress.source.NAME]'), ', ', h('code', '[egress.pool.NAME]'), '.'), body), warmup);
  show(shared.status);
  shared.onStatus = show;
  const plans = await all('/warmup').catch(() => null);
  if (signal.aborted || !plans) return;
  fill(warmup, plans.entries.map(plan => card('Warm-up ' + plan.plan, h('span.muted.small', 'source ' + plan.source), table([
    ['Site', row => row.site], ['Day', row => row.done ? badge('warm', 'good') : `${row.day} of ${plan.days.length}`, 'nowrap'], ['Today', row => row.budget ? [meter(row.sent / row.budget, 'out'), `${number(row.sent)} of ${number(row.budget)}`] : number(row.sent), 'num'],
    ['Delivered', row => number(row.delivered), 'num'], ['Deferred', row => number(row.deferred), 'num'], ['Bounced', row => number(row.bounced), 'num'], ['Complaints', row => number(row.complaints), 'num'],
    ['State', row => row.pauseReason ? [badge('rests', 'warn'), ' ', row.pauseReason, row.pausedUntil && [' until ', when(row.pausedUntil)]] : ''],
  ], plan.sites, 'Nothing has been sent by this plan yet.'))));
}

export async function audit({ main, signal }) {
  const list = paged('/audit', [['When', row => when(row.at), 'nowrap'], ['Who', row => [row.actor, h('span.sub', row.from ?? (row.actor === 'cli' ? 'on this machine' : ''))]], ['Act', row => h('code', row.action), 'nowrap'], ['On', row => row.target ?? '', 'clip'], ['Affected', row => number(row.affected), 'num']], 'No acts yet.', signal);
  fill(main, card('Audit', h('span.muted.small', 'append only'), list.body, list.more));
  await list.read({ limit: 100 });
}

export async function settings({ main, signal, shared }) {
  let search = '', onlySet = true;
  const page = await all('/settings');
  if (signal.aborted) return;
  const body = h('div'), file = h('div.grid');
  const changes = check => !check.valid ? check.faults.map(fault => h('div.notice.bad', fault)) : table([['Key', row => h('span.mono', row.key)], ['In force', row => h('span.mono', row.from ?? '–')], ['Then', row => h('span.mono', row.to ?? '–')], ['Effect', row => row.needsRestart ? badge('after a restart', 'warn') : badge('at once', 'good'), 'nowrap']], check.changes, 'No difference.');
  /** What the file on disk differs in, reading it again, and going back. */
  async function readFile() {
    const [history, check] = await Promise.all([all('/configuration/history'), shared.can('admin') ? api.post('/configuration/check', {}) : null]);
    if (signal.aborted) return;
    const reload = async () => { if (await ask('Read the configuration again?', h('div', changes(check)), 'Reload') && await act(() => api.post('/configuration/reload'), answer => answer.changes.length + ' settings changed')) await readFile(); };
    const back = async revision => { const diff = await api.get('/configuration/history/' + revision.number); if (await ask(`Back to configuration ${revision.number}?`, h('div', h('p', 'The file is written over, then read.'), changes(diff)), 'Write and reload', true) && await act(() => api.post(`/configuration/history/${revision.number}/restore`), 'restored')) await readFile(); };
    fill(file, check && card('The file against what is in force', button('Reload', reload, ''), changes(check)), card('Configurations that were in force', null, table([['Number', row => row.number, 'nowrap'], ['Since', row => when(row.at), 'nowrap'], ['By', row => row.actor], ['Version', row => h('span.mono', row.version)],
      ['', row => shared.can('admin') && row.number !== history.entries[0].number && button('Go back', () => back(row), 'quiet.small')]], history.entries, 'None yet.')));
  }
  const show = () => fill(body, table([['Key', row => h('span.mono', row.key)], ['Value', row => h('span.mono', row.value), 'clip'], ['From', row => row.origin === 'default' ? h('span.muted', 'default') : badge(row.origin, 'info'), 'nowrap']], within(page.entries, search, row => row.key, row => row.value).filter(row => search || !onlySet || row.origin !== 'default'), search ? 'Nothing matches.' : 'Everything is as it comes.'));
  const work = jobs(signal, shared);
  const only = h('input', { type: 'checkbox', checked: true, onchange: () => { onlySet = only.checked; show(); } });
  fill(main, card('Settings in force', [h('label.check', only, 'only what is set'), searchBox('key or value', '', value => { search = value; show(); })], h('p.muted.small', 'Secrets are left out. ', h('code', 'relay check'), ' reads the file without starting.'), body), file, shared.can('admin') && privacy(work.read), shared.can('operate') && work.card);
  show();
  await Promise.all([readFile(), shared.can('operate') && work.read()]);
}
