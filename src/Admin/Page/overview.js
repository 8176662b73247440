import { h, fill, card, table, number, rate, percent, bytes, when, span, badge, chips, button } from './dom.js';
import { api } from './api.js';
import { brakes } from './brakes.js';
import { resume } from './suspensions.js';
import { throughput, shares, ageBars, meter } from './chart.js';

/** The command that sends a first message, with the port that is really open. */
export function firstMessage(status, to = 'delivered@simulator.relay.test') {
  const listener = status.listeners.find(one => !one.endpoint.startsWith('/'));
  return listener ? `swaks --server ${listener.endpoint.replace('0.0.0.0', '127.0.0.1')} --from you@example.com --to ${to}` : 'relay send --to ' + to;
}
const tile = (href, label, value, unit, more) => h('a.tile', { href }, h('div.label', label), h('div.value', value, ' ', h('small', unit)), h('div.more', more));
const openStates = ['scheduled', 'ready', 'leased', 'deferred', 'held'];

export async function overview({ main, signal, shared }) {
  const alerts = h('div'), tiles = h('div.tiles'), legend = h('div.legend'), plot = h('div'), outcome = h('div'), ages = h('div'), sites = h('div'), machine = h('div'), paused = h('div');
  const braked = brakes(signal, shared);
  let window = '5m', traffic = null, rounds = 0;
  const windows = h('div');
  const pick = async value => { window = value; showWindows(); await readTraffic(); };
  const showWindows = () => fill(windows, chips([['5m', '5 min'], ['1h', '1 hour'], ['24h', '24 hours']], window, pick, 'Length of the chart'));
  const readTraffic = async () => { traffic = await api.get('/traffic?window=' + window); if (!signal.aborted) fill(plot, throughput(traffic, legend)); };
  const readAges = async () => { const answer = await api.get('/queue/ages'); if (!signal.aborted) fill(ages, ageBars(answer)); };
  let earlier = null;

  function show(status) {
    const notes = [...status.health.filter(part => !part.healthy).map(part => ['bad', part.name + ': ' + part.reason]), ...status.warnings.map(text => ['', text])];
    fill(alerts, (status.alerts ?? []).map(alert => h('div.notice.bad', alert.text)), notes.map(([tone, text]) => h('div', { className: 'notice ' + tone }, text)));
    alerts.hidden = !alerts.children.length;
    const states = status.queue.byState, rates = status.rates;
    const open = openStates.reduce((sum, state) => sum + (states[state] || 0), 0);
    const hour = rates.delivered.lastHour + rates.deferred.lastHour + rates.bounced.lastHour;
    const oldest = status.queue.oldestOpen;
    fill(tiles,
      tile('#/events', 'In now', rate(rates.in.now), 'msg/s', rate(rates.in.fiveMinutes) + '/s over 5 min'),
      tile('#/events?kind=delivered', 'Delivered now', rate(rates.delivered.now), 'rcpt/s', number(rates.delivered.lastHour) + ' in the last hour'),
      tile('#/queue', 'Waiting', number(open), open === 1 ? 'recipient' : 'recipients', oldest ? 'oldest ' + span(Date.now() - new Date(oldest)) : 'nothing waits'),
      tile('#/queue?state=deferred', 'Deferred', number(states.deferred || 0), '', 'share ' + percent(hour ? rates.deferred.lastHour / hour : NaN) + ' in the last hour'),
      tile('#/bounces', 'Bounced', number(rates.bounced.lastHour), '', 'in the last hour'),
      states.captured ? tile('#/captured', 'Captured', number(states.captured), '', 'to be read here') : tile('#/queue?state=held', 'Held', number(states.held || 0), '', 'until released'));
    fill(outcome, hour || states.captured ? shares([['out', 'Delivered', rates.delivered.lastHour], ['defer', 'Deferred (attempts)', rates.deferred.lastHour], ['bounce', 'Bounced or expired', rates.bounced.lastHour]])
      : Object.values(states).some(count => count > 0) ? h('div.empty', 'Nothing was sent in the last hour.')
      : h('div.empty', h('b', 'No mail yet. '), 'Send a first message; the simulator answers without any network:', h('pre', firstMessage(status))));
    showSites(status);
    showPaused(status);
    const disk = status.disk;
    fill(machine, table([
      ['Door', row => row.name], ['Address', row => h('span.mono.nowrap', row.endpoint)], ['TLS', row => row.tls], ['Login', row => row.login, 'clip'], ['Open', row => number(row.connections), 'num'],
    ], status.listeners, 'No listener is open.'),
    h('div.legend', h('span', 'Deliveries in hand', h('b', number(status.work.tasks)), 'of ' + number(status.work.maxTasks)), h('span', 'Connections', h('b', number(status.work.busyConnections)), 'of ' + number(status.work.maxConnections)),
      h('span', 'Disk free', h('b', bytes(disk.freeBytes)), disk.totalBytes ? 'of ' + bytes(disk.totalBytes) : ''), status.health.map(part => badge(part.name, part.healthy ? 'good' : 'bad'))));
  }
  // Drawn again only when it changed: a button must not vanish under a finger.
  let shown = '';
  function showPaused(status) {
    const text = JSON.stringify(status.paused);
    if (text === shown) return;
    shown = text;
    fill(paused, status.paused.length > 0 && card('Paused', null, table([
      ['What', pause => [badge(pause.kind, 'warn'), ' ', pause.name]], ['Why', pause => [pause.reason, h('span.sub', [pause.by && 'by ' + pause.by, pause.since && ['since ', when(pause.since)]].filter(Boolean).map((part, i) => [i > 0 && ' · ', part]))], 'clip'],
      ['Until', pause => pause.until ? when(pause.until) : 'somebody ends it', 'nowrap'],
      ['', pause => pause.suspensionId && shared.can('operate') && button('Resume', async () => { if (await resume(pause.suspensionId, pause.kind + ' ' + pause.name, pause.reason)) { shared.status = await api.get('/status'); show(shared.status); } }, 'quiet.small')],
    ], status.paused)));
    paused.hidden = !status.paused.length;
  }
  function showSites(status) {
    const now = Date.now();
    const counts = new Map(status.sites.map(site => [site.name + ' ' + site.source, site.delivered]));
    const pace = site => { const before = earlier?.counts.get(site.name + ' ' + site.source); return before === undefined ? null : Math.max(0, (site.delivered - before) / ((now - earlier.at) / 1000)); };
    const rows = status.sites.filter(site => !site.name.startsWith('@')).sort((a, b) => (b.waiting + b.delivered + b.deferred) - (a.waiting + a.delivered + a.deferred)).slice(0, 8);
    fill(sites, table([
      ['Destination', site => [h('a', { href: '#/destinations?search=' + encodeURIComponent(site.name) }, site.name), site.source !== 'default' && h('span.sub', 'from ' + site.source)]],
      ['Rate', site => { const value = pace(site); return value === null ? '–' : rate(value) + '/s'; }, 'num'], ['Open', site => number(site.connections), 'num'], ['Waiting', site => number(site.waiting), 'num'],
      ['Deferred', site => { const all = site.delivered + site.deferred + site.rejected; return all ? [meter(site.deferred / all), percent(site.deferred / all)] : '–'; }, 'num'],
      ['Last reply', site => site.suspension ? [badge('suspended', 'bad'), ' ', site.suspension] : site.lastReply ? [h('span', { className: 'clip-line', title: site.lastReply }, site.lastReply), h('span.sub', when(site.lastReplyAt))] : h('span.muted', site.room), 'clip'],
    ], rows, 'Nothing has gone to another server since the start.'));
    if (!earlier || now - earlier.at > 9000) earlier = { at: now, counts };
  }
  fill(main, alerts, tiles, braked.box, paused, card('Throughput', windows, plot, legend), h('div.grid.two', card('Outcomes of the last hour', null, outcome), card('Waiting by age', h('a', { href: '#/queue?tab=ages' }, 'by destination'), ages)),
    card('Top destinations', h('a', { href: '#/destinations' }, 'all'), sites), card('Doors and machine', null, machine));
  showWindows();
  show(shared.status);
  await Promise.all([readTraffic(), readAges(), braked.read()]);
  shared.onStatus = async status => {
    show(status);
    if (window === '5m' || rounds % 6 === 0) await readTraffic();
    if (rounds % 3 === 0) await readAges();
    if (rounds % 3 === 0) await braked.read();
    rounds++;
  };
}
