import { h, fill, card, number, when, badge, ask, button, field, copy, toast } from './dom.js';
import { api, query, act } from './api.js';
import { paged } from './paged.js';
import { anyDomain, domainFindings } from './receivers.js';
import { adviceList } from './advice.js';
import { askLimits, limitsText, ofMail } from './limits.js';

const record = item => h('div.record', h('div.row', badge(item.status), h('b', item.type), h('span.mono.small', item.name), item.priority && h('span.muted.small', 'priority ' + item.priority), item.recommended && h('span.muted.small', 'recommended')), h('div.value', h('code', item.value), copy(item.value)), item.found && h('div.muted.small', (item.status === 'success' ? 'As good, leave it: ' : 'Now: ') + item.found + '.'));

export async function domains({ main, signal, shared }) {
  const body = h('div.grid'), more = h('div.row.end');
  const where = domain => '/domains/' + encodeURIComponent(domain.name) + '%s' + query({ account: domain.account });
  const at = (domain, rest) => where(domain).replace('%s', rest);
  const keys = paged('/dkim', [['Domain', key => key.domain], ['Selector', key => h('span.mono', key.selector)], ['Algorithm', key => key.algorithm], ['State', key => badge(key.state)], ['Made', key => when(key.createdAt), 'nowrap'],
    ['Record', key => h('details', h('summary', 'show'), h('div.record', h('span.mono.small', key.name), h('div.value', h('code', key.record), copy(key.record))))],
    ['', key => shared.can('admin') && key.state === 'active' && h('div.row', button('Rotate', () => rotate(key.domain), 'quiet.small'), button('Retire', async () => { if (await ask('Retire this key?', h('p', `${key.selector} of ${key.domain} signs no more; without another active key its mail goes unsigned. Keep its record published for a week.`), 'Retire', true) && await act(() => api.post(`/dkim/${key.domain}/${key.selector}/retire`), 'retired')) await read(); }, 'quiet.small'))]], 'No signing keys.', signal, 'after');
  let next = null;
  const reports = paged('/reports', [['Period', report => [when(report.begins), h('span.sub', report.kind)], 'nowrap'], ['Domain', report => report.domain], ['From', report => report.reporter, 'clip'], ['Passed', report => `${number(report.passed)} of ${number(report.total)}`, 'num'],
    ['', report => button('Rows', async () => { const found = await api.get('/reports/' + report.id); await ask(`${report.domain}: ${report.reporter}`, h('pre', JSON.stringify(found.rows, null, 2)), 'Done'); }, 'quiet.small')]], 'No reports came in. They do when the rua address of a DMARC or TLS-RPT record ends here.', signal);
  async function generate() {
    const values = await ask('New signing keys', field('Domain', 'domain', { required: true, placeholder: 'example.com' }), 'Make');
    if (values && await act(() => api.post('/dkim/' + encodeURIComponent(values.domain)), 'publish the records of the new pair')) await read();
  }
  async function rotate(domain) {
    if (await ask('Rotate the keys of ' + domain + '?', h('p', 'A second pair is made. It signs once its records are seen in DNS; the old one retires two days later.'), 'Rotate') && await act(() => api.post(`/dkim/${domain}/rotate`), 'publish the records of the new pair')) await read();
  }
  async function read(further = false) {
    const [page] = await Promise.all([api.get('/domains' + query({ limit: 50, after: further ? next : '' })), !further && keys.read()]);
    if (signal.aborted) return;
    next = page.next;
    const cards = page.entries.length || further ? page.entries.map(show) : [card('No sending domain yet', null, h('p.muted', 'Add the domain you write From: with. Relay makes its signing keys and shows the DNS records to publish; until then its mail goes unsigned.'))];
    if (further) body.append(...cards); else fill(body, cards);
    fill(more, next !== null && button('More', () => read(true)));
  }
  const show = domain => h('section.card', h('header', h('h2', domain.name), badge(domain.status), domain.trusted && h('span.badge', 'trusted'), h('span.muted.small', domain.account !== 'default' && domain.account, domain.checkedAt && [' checked ', when(domain.checkedAt)]),
    shared.can('operate') && button('Check now', async event => { event.target.disabled = true; await act(() => api.post(at(domain, '/verify')), answer => answer.problem || 'checked: ' + answer.status); await read(); }),
    shared.can('admin') && button('Limits…', async () => { if (await askLimits('Limits of ' + domain.name, at(domain, '/limits'), domain.limits, ofMail)) await read(); }),
    shared.can('admin') && button('Delete', async () => { if (await ask('Delete this domain?', h('p', domain.name + ': its keys retire; mail already accepted still goes.'), 'Delete', true) && await act(() => api.remove(at(domain, '')), 'deleted')) await read(); }, 'danger')),
  domain.problem && [h('div.notice', domain.problem), h('div.gap')], limitsText(domain.limits) && h('p.muted.small', limitsText(domain.limits)), h('details', { open: domain.status !== 'success' }, h('summary', `DNS records (${domain.records.filter(item => item.status === 'success').length} of ${domain.records.length} found)`), domain.records.map(record)), h('div.gap'), adviceList(domain.advice), h('div.gap'), domainFindings(domain, signal));
  const form = h('form.row', { onsubmit: async event => { event.preventDefault(); const name = new FormData(form).get('name'); if (await act(() => api.post('/domains', { name }), name + ' added: publish its records')) { form.reset(); await read(); } } }, h('input', { name: 'name', required: true, placeholder: 'example.com', 'aria-label': 'Domain to add' }), h('button', 'Add domain'));
  fill(main, h('div.row', h('h2.title', 'Domains'), h('span.grow'), shared.can('admin') && form), body, more, anyDomain(signal), card('Signing keys', shared.can('admin') && button('New keys…', generate), keys.body, keys.more), card('Aggregate reports', null, reports.body, reports.more));
  await Promise.all([read(), reports.read({ limit: 20 })]);
}
