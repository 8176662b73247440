import { h, fill, card, facts, when, bytes, ask, chips, button } from './dom.js';
import { api, query, act, download, raw } from './api.js';
import { firstMessage } from './overview.js';
import { findings } from './receivers.js';
import { deliver } from './queue.js';

export async function captured({ main, signal, parts: [id], parameters, shared, go }) {
  let search = parameters.get('search') ?? '', chosen = id ?? null, next = null, known = '';
  const list = h('div.card.mails'), pane = h('div'), layout = h('div', { className: 'reader' + (chosen ? ' open' : '') }, list, pane);
  const box = h('input', { type: 'search', placeholder: 'recipient, From or subject', 'aria-label': 'Search captured mail', value: search, oninput: () => { clearTimeout(box.timer); box.timer = setTimeout(() => { search = box.value.trim(); known = ''; read(); }, 250); } });
  const clear = async () => { if (await ask('Delete all captured mail?', h('p', 'Messages and content go; their events stay.'), 'Delete all', true) && await act(() => api.post('/captured/clear'), answer => answer.affected + ' messages deleted')) { chosen = null; known = ''; await read(); } };

  async function read(older = false) {
    const page = await api.get('/queue' + query({ state: 'captured', search, limit: 100, before: older ? next : '' }));
    if (signal.aborted) return;
    next = page.next;
    // One line for each message, however many recipients it had.
    const mails = new Map();
    for (const entry of page.entries) { const mail = mails.get(entry.messageId); if (mail) mail.to.push(entry.recipient); else mails.set(entry.messageId, { ...entry, to: [entry.recipient] }); }
    const signature = [...mails.keys()].join() + chosen;
    if (signature === known && !older) return;
    known = signature;
    const lines = [...mails.values()].map(mail => h('a', { href: '#/captured/' + mail.messageId, 'aria-current': mail.messageId === chosen ? 'true' : null },
      h('div.row.between', h('span.clip-line.small', mail.from || mail.reversePath || '<>'), h('span.muted.small.nowrap', when(mail.acceptedAt))), h('div.subject.clip-line', mail.subject || '(no subject)'), h('div.muted.small.clip-line', 'to ' + mail.to.join(', '))));
    if (older) { list.querySelector('.older')?.remove(); list.append(...lines); } else fill(list, lines);
    if (!lines.length && !older) fill(list, h('div.empty', { style: null }, h('div.pad', search ? 'Nothing matches.' : [h('b', 'No captured mail. '), shared.status.sandbox ? 'This server is a sandbox: send it anything, and read it here:' : 'Start with --sandbox, or add a route to relay.toml:', shared.status.sandbox ? h('pre', firstMessage(shared.status, 'somebody@example.net')) : h('pre', '[route."example.net"]\ntype = "capture"')])));
    if (next) list.append(h('div.pad.older', button('Older', () => read(true))));
    if (!chosen && lines.length && matchMedia('(min-width: 1001px)').matches) go('#/captured/' + [...mails.keys()][0]);
  }
  fill(main, h('div.row', h('h2.title', 'Captured mail'), h('span.grow'), box, shared.can('operate') && button('Delete all', clear, 'danger')), layout);
  await read();
  if (chosen) {
    const item = await api.get('/messages/' + chosen).catch(trouble => { if (trouble.status === 404) return null; throw trouble; });
    if (signal.aborted) return;
    if (!item?.hasContent) fill(pane, h('div.card.empty', 'This message is not there any more.'));
    else {
      const body = h('div');
      const remove = async () => { if (await ask('Delete this message?', h('p', 'Message and content go; its events stay.'), 'Delete', true) && await act(() => api.remove('/messages/' + chosen), 'deleted')) go('#/captured'); };
      fill(pane, card(item.subject || '(no subject)', shared.can('operate') && [button('Send for real…', () => deliver(chosen, item, go)), button('Download', () => act(() => download(`/messages/${chosen}/raw`, chosen + '.eml'))), button('Delete', remove, 'danger')],
        h('a', { className: 'back', href: '#/captured?list' }, '← All captured mail'), facts([['From', item.from || '<>'], ['To', item.recipients.map(recipient => recipient.address).join(', ')], ['Envelope', '<' + item.reversePath + '>'], ['Received', [when(item.acceptedAt), item.clientAddress ? ' from ' + item.clientAddress : '']], ['Size', bytes(item.sizeBytes)]]), h('div.gap'), body));
      if (shared.can('operate')) await reader(body, item, shared); else fill(body, h('p.muted', 'Reading content needs the role operate.'));
    }
  } else fill(pane, h('div.card.empty', h('div.pad', 'Choose a message.')));
  shared.onStatus = () => read();
}

/** HTML in a frame of its own, text, source, header, attachments, findings. */
export async function reader(box, item, shared) {
  const content = await api.get(`/messages/${item.id}/content`);
  const views = [content.html && ['html', 'HTML'], content.text && ['text', 'Text'], ['headers', 'Headers'], ['source', 'Source'], content.attachments.length && ['attachments', `Attachments (${content.attachments.length})`], ['findings', 'Findings']].filter(Boolean);
  let view = views[0][0];
  const tabs = h('div'), body = h('div');
  const html = async remote => {
    const { url } = await api.post(`/messages/${item.id}/view`, { remote });
    fill(body, /<[^>]+(src|background)\s*=\s*["']?https?:/i.test(content.html) && !remote && h('div.row', h('span.muted.small', 'Pictures from elsewhere are not loaded.'), button('Load them', () => html(true), 'quiet.small')), h('iframe', { title: 'HTML body of the message', sandbox: 'allow-popups', src: url, referrerPolicy: 'no-referrer' }));
  };
  const show = {
    html: () => html(false),
    text: () => fill(body, h('pre', content.text)),
    headers: () => fill(body, facts(content.headers.map(field => [field.name, h('span.mono', field.value)]))),
    source: async () => { const text = await raw(`/messages/${item.id}/raw`); fill(body, h('pre', text.length > 300000 ? text.slice(0, 300000) + '\n… download the rest' : text)); },
    attachments: () => fill(body, content.attachments.map(part => h('div.record', h('div.row', h('b', part.name || '(no name)'), h('span.muted.small', part.mediaType + ' · ' + bytes(part.sizeBytes)), h('span.grow'), button('Save', () => act(() => download(`/messages/${item.id}/parts/${part.number}`, part.name || 'part-' + part.number)), 'quiet.small'))))),
    findings: async () => { const page = await api.get(`/messages/${item.id}/findings`); fill(body, findings(page.entries)); },
  };
  const pick = async name => { view = name; fill(tabs, chips(views, view, pick, 'Part of the message')); fill(body, h('p.muted', '…')); try { await show[name](); } catch (trouble) { fill(body, h('div.notice.bad', trouble.message)); } };
  fill(box, tabs, h('div.gap'), body);
  await pick(view);
}
