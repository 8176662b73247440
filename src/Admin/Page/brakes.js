import { h, fill, card, table, when, badge, ask, button } from './dom.js';
import { api, act } from './api.js';

const rules = { bounces: 'bounces', complaints: 'complaints', 'unknown-users': 'unknown users', volume: 'sudden volume', 'new-networks': 'new networks' };

/** Who is braked, why and since when, with a button that lets go; hidden while nobody is. */
export function brakes(signal, shared) {
  const box = h('div', { hidden: true });
  async function read() {
    const page = await api.get('/brakes?limit=100');
    if (signal.aborted) return;
    box.hidden = !page.entries.length;
    fill(box, card('Braked', h('span.muted.small', 'mail is kept back for what became of it'), table([
      ['Who', row => [row.who, row.scope !== 'account' && h('span.sub', 'of account ' + row.account)]],
      ['Rule', row => badge(rules[row.rule] ?? row.rule, 'bad'), 'nowrap'],
      ['Counted', row => row.reason],
      ['Since', row => when(row.since), 'nowrap'],
      ['', row => shared.can('operate') && button('Release', () => release(row), 'quiet.small')],
    ], page.entries), page.next !== null && h('p.muted.small', 'More: relay brake list')));
  }
  async function release(row) {
    const words = [h('p', `${row.reason[0].toUpperCase()}${row.reason.slice(1)}.`), h('p', 'What is held for it goes out at once, and what was counted does not count again. Is the cause gone: a stolen password, a bought list, a broken program?')];
    if (await ask(`Let ${row.who} go?`, words, 'Release', true) && await act(() => api.remove('/brakes/' + row.id), answer => `${answer.affected} held ${answer.affected === 1 ? 'recipient goes' : 'recipients go'}`)) await read();
  }
  return { box, read };
}
