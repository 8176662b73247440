import { h, card, when, badge, ask, button, field, choice } from './dom.js';
import { api, act } from './api.js';
import { paged } from './paged.js';

const kinds = [['domain', 'recipient domain'], ['site', 'site'], ['source', 'egress source'], ['account', 'account, by number'], ['user', 'login or key'], ['stream', 'stream'], ['tag', 'campaign (first tag)']];
const spans = [['', 'until it is ended'], [1800, '30 minutes'], [7200, '2 hours'], [86400, '1 day'], [604800, '7 days']];

/** Asks why and for how long, and suspends; true when it did. Without a scope it asks what, too. */
export async function suspend(scope, name) {
  const values = await ask(scope ? `Suspend ${scope} ${name}?` : 'Suspend delivery', h('div.fields',
    h('p', 'Its mail waits; what is under way ends. Nothing is lost, and the time until messages expire goes on.'),
    !scope && [field('What', 'scope', {}, 'select', kinds.map(([value, text]) => h('option', { value }, text))), field('Name', 'name', { required: true, maxLength: 256 })],
    field('Why, for those who look later', 'reason', { required: true, maxLength: 500 }), field('For', 'seconds', {}, 'select', spans.map(([value, text]) => h('option', { value }, text)))), 'Suspend', true);
  if (!values) return false;
  const until = values.seconds ? new Date(Date.now() + values.seconds * 1000).toISOString() : null;
  return act(() => api.post('/suspensions', { scope: scope ?? values.scope, name: name ?? values.name, reason: values.reason, until }), answer => `${answer.scope} ${answer.name} is suspended`);
}
/** Asks and ends a suspension; true when it did. */
export async function resume(id, what, why) {
  return await ask(`Resume ${what}?`, h('p', 'It waits because: ' + why + '. Its mail flows again within seconds.'), 'Resume') && act(() => api.remove('/suspensions/' + id), what + ' flows again');
}
/** The list of operators' suspensions with its buttons. */
export function suspensions(signal, shared) {
  const list = paged('/suspensions', [
    ['What', row => [badge(row.scope, 'warn'), ' ', row.name]], ['Why', row => [row.reason, h('span.sub', 'by ', row.actor, ' · since ', when(row.since))], 'clip'], ['Until', row => row.until ? when(row.until) : 'somebody ends it', 'nowrap'],
    ['', row => shared.can('operate') && button('Resume', async () => { if (await resume(row.id, row.scope + ' ' + row.name, row.reason)) await list.read(); }, 'quiet.small')],
  ], 'Operators suspended nothing.', signal, 'after');
  const add = shared.can('operate') && button('Suspend…', async () => { if (await suspend()) await list.read(); });
  return { card: card('Suspended by operators', add, list.body, list.more), read: () => list.read() };
}
