import { h, svg, fill, rate, number, percent } from './dom.js';

export const series = [
  ['accepted', 'in', 'Messages in'], ['delivered', 'out', 'Delivered'], ['deferred', 'defer', 'Deferred'], ['bounced', 'bounce', 'Bounced'], ['captured', 'capture', 'Captured'],
];
const W = 856, H = 220, L = 0, B = 22, T = 10;

function ceiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map(step => step * power).find(step => step >= value);
}
/** Lines per second over time; the chart keeps its size, whatever it shows. */
export function throughput(traffic, legend) {
  const { points, stepSeconds } = traffic;
  const values = name => points.map(point => point[name] / stepSeconds);
  const shown = series.filter(([name]) => name !== 'captured' || points.some(point => point.captured));
  const top = ceiling(Math.max(0.2, ...shown.flatMap(([name]) => values(name))));
  const x = i => L + (W - L - 6) * i / Math.max(1, points.length - 1), y = value => T + (H - T - B) * (1 - value / top);
  const path = list => list.map((value, i) => (i ? 'L' : 'M') + x(i).toFixed(1) + ' ' + y(value).toFixed(1)).join('');
  const clock = at => new Date(at).toLocaleTimeString('sv-SE', stepSeconds < 30 ? {} : { hour: '2-digit', minute: '2-digit' });
  const labels = [0, 0.25, 0.5, 0.75, 1].map(share => Math.round(share * (points.length - 1)));
  const root = svg('svg', { class: 'chart', viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': 'Mail per second over time' },
    [0, 0.5, 1].map(share => [svg('line', { class: 'grid-line', x1: L, x2: W - 6, y1: y(top * share), y2: y(top * share) })]),
    svg('path', { class: 'area', d: path(values('accepted')) + `L${x(points.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z` }),
    shown.map(([name, key]) => svg('path', { class: 'line s-' + key, d: path(values(name)) })),
    svg('line', { class: 'cursor', x1: -9, x2: -9, y1: T, y2: H - B }));
  const axis = h('div.axis');
  const show = i => fill(legend, h('span', i === null ? 'now' : clock(points[i].at)), shown.map(([name, key, title]) =>
    h('span', h('i', { className: 'key k-' + key }), title, h('b', rate(i === null ? traffic.rates[rateOf[name]]?.now ?? 0 : points[i][name] / stepSeconds)), '/s')));
  root.addEventListener('pointermove', event => {
    const box = root.getBoundingClientRect();
    const i = Math.min(points.length - 1, Math.max(0, Math.round(((event.clientX - box.left) / box.width * W - L) / (W - L - 6) * (points.length - 1))));
    root.lastChild.setAttribute('x1', x(i)); root.lastChild.setAttribute('x2', x(i));
    show(i);
  });
  root.addEventListener('pointerleave', () => { root.lastChild.setAttribute('x1', -9); root.lastChild.setAttribute('x2', -9); show(null); });
  show(null);
  // Text stays outside of the stretched drawing, so that it keeps its shape.
  return h('div.plot', h('div.y-axis', { 'aria-hidden': 'true' }, h('span', rate(top) + '/s'), h('span', rate(top / 2)), h('span', '0')), root, h('div.x-axis', { 'aria-hidden': 'true' }, labels.map(i => h('span', points[i] ? clock(points[i].at) : '')), axis));
}
const rateOf = { accepted: 'in', delivered: 'delivered', deferred: 'deferred', bounced: 'bounced' };

export function shares(parts) {
  const total = parts.reduce((sum, [, , count]) => sum + count, 0);
  let at = 0;
  return [svg('svg', { class: 'bar', viewBox: '0 0 100 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': parts.map(([, title, count]) => `${title} ${count}`).join(', ') },
    parts.map(([key, , count]) => { const width = total ? count / total * 100 : 0; const rect = svg('rect', { class: 'f-' + key, x: at, y: 0, width, height: 10 }); at += width; return rect; })),
  h('div.legend', parts.map(([key, title, count]) => h('span', h('i', { className: 'key k-' + key }), title, h('b', number(count)), total ? percent(count / total) : '')))];
}
export function ageBars(ages) {
  const row = ages.rows[0] ?? { counts: ages.boundsMinutes.map(() => 0).concat(0), total: 0 };
  const names = ages.boundsMinutes.map(minutes => '<' + (minutes < 100 ? minutes + 'm' : Math.round(minutes / 60) + 'h')).concat('older');
  const top = Math.max(1, ...row.counts);
  return h('div.ages', { role: 'img', 'aria-label': 'Recipients waiting by age: ' + names.map((name, i) => name + ' ' + row.counts[i]).join(', ') }, names.map((name, i) => h('div.age', h('span.count', row.counts[i] ? number(row.counts[i]) : ''),
    svg('svg', { viewBox: '0 0 10 100', preserveAspectRatio: 'none' }, svg('rect', { class: row.counts[i] ? (i >= 4 ? 'f-bounce' : i >= 2 ? 'f-defer' : 'f-in') : 'f-soft', x: 0, width: 10, rx: 1, y: row.counts[i] ? 100 - Math.max(3, row.counts[i] / top * 100) : 97, height: row.counts[i] ? Math.max(3, row.counts[i] / top * 100) : 3 })), h('span.name', name))));
}
export const meter = (share, key = 'defer') => svg('svg', { class: 'meter', viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('rect', { class: 'f-soft', width: 100, height: 6 }), svg('rect', { class: 'f-' + key, width: Math.min(100, (share || 0) * 100), height: 6 }));
