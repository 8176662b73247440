import { h, card, number, when, badge, ask, button, field } from './dom.js';
import { api, act, download } from './api.js';
import { paged } from './paged.js';

/** Backups and other background jobs of operators. */
export function jobs(signal, shared) {
  const list = paged('/jobs', [
    ['When', row => when(row.createdAt), 'nowrap'], ['What', row => [row.kind, h('span.sub', 'by ' + row.actor)]], ['State', row => [badge(row.status), ['pending', 'running'].includes(row.status) && ` ${row.progress} %`, row.error && h('span.sub', row.error)], 'clip'], ['Done', row => number(row.processed), 'num'],
    ['', row => shared.can('admin') && h('div.row', row.status === 'succeeded' && row.kind !== 'queue-act' && button('File', () => act(() => download(`/jobs/${row.id}/file`, row.kind + '.json')), 'quiet.small'),
      button(row.finishedAt ? 'Delete' : 'Break off', async () => { if (await ask(row.finishedAt ? 'Delete this job?' : 'Break this job off?', h('p', `${row.kind} by ${row.actor}: what was done stays done.`), 'Yes', true) && await act(() => api.remove('/jobs/' + row.id), 'done')) await list.read(); }, 'quiet.small'))],
  ], 'No jobs. Backups, large acts on the queue, erasures and exports stand here while they run, and some days longer.', signal);
  async function backUp() {
    const values = await ask('Back up', h('div.fields', h('p', 'Mail goes on meanwhile. The folder is one on the server, empty or not there yet, for its user to write.'), field('Folder', 'folder', { required: true, placeholder: '/backup/relay' }), h('label.check', h('input', { type: 'checkbox', name: 'keys' }), 'with master.key and certificates')), 'Back up');
    if (values && await act(() => api.post('/backups', { folder: values.folder, withKeys: values.keys === 'on' }), 'begun')) await list.read();
  }
  return { card: card('Backups and jobs', shared.can('admin') && button('Back up…', backUp), list.body, list.more), read: () => list.read() };
}
