import { h, fill, table, button } from './dom.js';
import { api, query } from './api.js';

/** A list read page by page. `cursor` is before for lists with the newest first (Older), after for those that go forward (More). */
export function paged(path, cols, empty, signal, cursor = 'before') {
  const body = h('div'), more = h('div.row.end');
  let next = null, pages = 0;
  async function read(parameters = {}, further = false) {
    const page = await api.get(path + query({ ...parameters, [cursor]: further ? next : '' }));
    if (signal.aborted) return null;
    next = page.next;
    pages = further ? pages + 1 : 1;
    const content = table(cols, page.entries, empty);
    if (further) body.append(content); else fill(body, content);
    fill(more, next !== null && button(cursor === 'before' ? 'Older' : 'More', () => read(parameters, true)));
    return page.entries;
  }
  return { body, more, read, get isLong() { return pages > 1; } };
}
