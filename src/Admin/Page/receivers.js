import { h, fill, card, badge, button, when } from './dom.js';
import { adviceList } from './advice.js';
import { api, query } from './api.js';

// A name of a domain stays as it is.
const sentence = clause => (/^\S+\.\S/.test(clause) ? clause : clause[0].toUpperCase() + clause.slice(1)) + (clause.endsWith('.') ? '' : '.');
const line = (level, subject, ...text) => h('div.finding', h('div', badge(level)), h('div', subject && h('b', subject + ' '), text));

/** Findings about one message, the worst first. */
export const findings = entries => entries.map(finding => line(finding.level, finding.receivers && finding.subject, finding.text, source(finding)));

const source = finding => finding.source && h('div.muted.small', finding.source);

/** What large receivers would say of mail from a domain, looked up in DNS now. */
export async function domainCheck(box, name, parameters, signal) {
  fill(box, h('p.muted', 'DNS is asked…'));
  try {
    const answer = await api.get(`/domains/${encodeURIComponent(name)}/check` + query(parameters));
    if (signal.aborted) return;
    fill(box,
      answer.findings.map(finding => line('problem', finding.rule, sentence(finding.found), ` Enforced by ${finding.receivers.join(', ')}: ${finding.remedy}.`, source(finding))),
      answer.unknown.map(text => line('unknown', null, sentence(text))), answer.good.map(text => line('good', null, sentence(text))),
      h('div.gap'), adviceList(answer.advice), h('p.muted.small', 'Looked up ', when(answer.at), answer.envelope !== answer.domain && `, with ${answer.envelope} in the envelope`));
  } catch (trouble) { fill(box, h('div.notice.bad', trouble.message)); }
}

/** The same for the card of a domain: asked when it is opened. */
export function domainFindings(domain, signal) {
  const box = h('div');
  return h('details', { ontoggle: event => { if (event.target.open && !box.children.length) domainCheck(box, domain.name, { account: domain.account }, signal); } }, h('summary', 'What large receivers ask'), box);
}

/** For a domain that stands in no list: whoever may relay may write it into From. */
export function anyDomain(signal) {
  const box = h('div');
  const form = h('form.row', { onsubmit: event => { event.preventDefault(); const values = new FormData(form); domainCheck(box, values.get('name'), { envelope: values.get('envelope').trim() }, signal); } },
    h('input', { name: 'name', required: true, placeholder: 'domain of From', 'aria-label': 'Domain of From' }), h('input', { name: 'envelope', placeholder: 'envelope domain', 'aria-label': 'Envelope domain, if another' }), h('button.quiet', 'Check'));
  return card('What large receivers ask', form, h('p.muted.small', 'DKIM, SPF, DMARC, reverse names and TLS, and what is good to have besides, of any domain that sends through this server.'), box);
}

/** What would be said of one message, asked when wanted: DNS may take its time. */
export function messageFindings(id, signal) {
  const box = h('div');
  const check = async () => {
    fill(box, h('p.muted', 'Looking…'));
    try { const page = await api.get(`/messages/${id}/findings?limit=200`); if (!signal.aborted) fill(box, findings(page.entries)); } catch (trouble) { fill(box, h('div.notice.bad', trouble.message)); }
  };
  return card('What receivers would say', button('Check', check), h('p.muted.small', 'Signatures, format, and what Gmail, Yahoo and Outlook.com ask of senders.'), box);
}
