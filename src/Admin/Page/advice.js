import { h, badge, copy } from './dom.js';

const value = (name, text) => h('div', name && h('div.mono.small', name), h('div.value', h('code', text), copy(text)));
const item = advice => h('div.record', h('div', badge(advice.state), ' ', h('b', advice.check.toUpperCase()), ' ', advice.found + '.'), advice.remedy && h('div.muted', '→ ' + advice.remedy + '.'),
  advice.records.map(record => value([record.type, ' ', record.name, record.priority && h('span.muted', ' priority ' + record.priority)], record.value)), advice.file && value(advice.file.url, advice.file.text));

/** What is good to have in DNS beyond what a domain needs to send; open where something is wrong. */
export const adviceList = advice => advice.length > 0 && h('details', { open: advice.some(entry => entry.state === 'wrong') },
  h('summary', `Good to have (${advice.filter(entry => entry.state === 'ok').length} of ${advice.length} in order)`), h('p.muted.small', 'No mail waits for these.'), advice.map(item));
