import { h, field, ask } from './dom.js';
import { api, act } from './api.js';

/** What can be limited, by the API's name. */
const names = {
  requestsPerSecond: 'API requests per second',
  emailsPerSecond: 'E-mails per second',
  emailsPerHour: 'E-mails per hour',
  emailsPerDay: 'E-mails per day',
  recipientsPerSecond: 'Recipients per second',
  recipientsPerHour: 'Recipients per hour',
  recipientsPerDay: 'Recipients per day',
};

/** Those of logins and domains, which make no requests. */
export const ofMail = Object.keys(names).filter(name => name !== 'requestsPerSecond');

/** The limits that are set, in a line. */
export function limitsText(limits) {
  const set = Object.entries(limits ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return set.map(([name, value]) => (value === 0 ? 'no limit of ' : value + ' ') + names[name].toLowerCase()).join(' · ');
}

/** Asks for limits and sets them; an empty field is as configured, 0 is without limit. True when they were set. */
export async function askLimits(title, path, limits, only = Object.keys(limits)) {
  const fields = only.map(name => field(names[name], name, { type: 'number', min: 0, value: limits[name] ?? '', placeholder: 'as configured' }));
  const values = await ask(title, h('div.fields', h('p.muted.small', 'Empty: as configured. 0: without limit.'), fields), 'Set');
  if (!values) return false;
  const wanted = Object.fromEntries(only.map(name => [name, values[name] === '' ? null : Number(values[name])]));
  return act(() => api.put(path, wanted), 'limits are set');
}
