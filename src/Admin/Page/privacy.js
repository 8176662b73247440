import { h, card, field, ask, button } from './dom.js';
import { api, act } from './api.js';

/** What is known of an address: gathered into a file, or erased. Both are jobs, listed below. */
export function privacy(readJobs) {
  const form = h('form.row', { onsubmit: event => { event.preventDefault(); return gather(); } },
    h('input', { name: 'address', type: 'email', required: true, placeholder: 'address', 'aria-label': 'Address of a person' }),
    h('input', { name: 'account', placeholder: 'account (empty: all)', 'aria-label': 'Account' }),
    h('button.quiet', 'Export'),
    button('Erase…', erase, 'danger'));
  const asked = () => {
    const { address, account } = Object.fromEntries(new FormData(form));
    return { address, account: account || null };
  };
  const start = async (path, done) => {
    if (await act(() => api.post(path, asked()), done)) {
      form.reset();
      await readJobs();
    }
  };
  const gather = () => start('/privacy/exports', 'the export is made below');

  async function erase() {
    if (!form.reportValidity()) return;
    const { address, account } = asked();
    const text = h('div.fields',
      h('p', h('b', address), account ? ` is erased from account ${account}` : ' is erased everywhere', ': contacts, e-mails, events, received mail. This cannot be taken back.'),
      field('Type the address again', 'again', { type: 'email', required: true, autocomplete: 'off' }));
    const values = await ask('Erase ' + address + '?', text, 'Erase', true);
    if (!values) return;
    if (values.again !== address) return act(() => Promise.reject(new Error('the two addresses differ: nothing was erased')));
    await start('/privacy/erasures', 'the erasure goes on below');
  }
  return card('Privacy', null, h('p.muted.small', 'Everything known of an address as a file, or gone for good; the receipt is the job\'s file.'), form);
}
