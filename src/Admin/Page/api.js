import { toast } from './dom.js';

let token = sessionStorage.getItem('token');
let onLeave = () => {};
export const api = {
  get hasToken() { return !!token; },
  use(value) { token = value; sessionStorage.setItem('token', value); },
  forget() { token = null; sessionStorage.removeItem('token'); },
  set onLeave(value) { onLeave = value; },
  get: path => call('GET', path),
  post: (path, body = {}) => call('POST', path, body),
  put: (path, body = {}) => call('PUT', path, body),
  remove: path => call('DELETE', path),
};
/** Every entry of a list that goes forward. */
export async function all(path) {
  const entries = [];
  for (let next = null; ;) {
    const page = await api.get(path + (path.includes('?') ? '&' : '?') + 'limit=500' + (next === null ? '' : '&after=' + encodeURIComponent(next)));
    entries.push(...page.entries);
    if (page.next === null) return { entries };
    next = page.next;
  }
}
async function send(method, path, body, signal) {
  const answer = await fetch('/admin/v1' + path, {
    method, signal, headers: { authorization: 'Bearer ' + token, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401) { onLeave('The token is not valid (any more).'); throw new Error('signed out'); }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(problem.detail || problem.title || 'the server answered ' + answer.status), { status: answer.status });
  }
  return answer;
}
async function call(method, path, body) {
  const answer = await send(method, path, body);
  return answer.status === 204 || answer.headers.get('content-length') === '0' ? null : answer.json();
}
export const query = parameters => {
  const text = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== '')).toString();
  return text ? '?' + text : '';
};
/** Saves what a path answers as a file. */
export async function download(path, name) {
  const blob = await (await send('GET', path)).blob();
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
export const raw = async path => (await send('GET', path)).text();
/** Follows server-sent events with a token, which EventSource cannot send. */
export async function follow(path, signal, onEvent) {
  const reader = (await send('GET', path, undefined, signal)).body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const data = part.split('\n').filter(line => line.startsWith('data:')).map(line => line.slice(5)).join('\n');
      if (data) onEvent(part.match(/^event: ?(.*)$/m)?.[1] ?? 'message', JSON.parse(data));
    }
  }
}
/** Runs an act, says how it went, and returns whether it worked. */
export async function act(work, done) {
  try {
    const result = await work();
    const text = typeof done === 'function' ? done(result) : done;
    if (text) toast(text);
    return true;
  } catch (trouble) {
    toast(trouble.message, 'bad');
    return false;
  }
}
