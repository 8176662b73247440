// Drives the e-mail API with the unmodified client. Arguments: base URL, API key. Prints one JSON object.
import { UseSend } from "usesend-js";
import { createElement } from "react";

const [url, key] = process.argv.slice(2);
const client = new UseSend(key, url);
const out = {};

out.sent = await client.emails.send({
  to: ["Bob <bob@example.net>", "carol@example.net"],
  from: "Größe GmbH <sender@example.com>",
  cc: "dave@example.net",
  bcc: ["secret@example.net"],
  replyTo: ["answer@example.com"],
  subject: "Grüße vom Client 🎉",
  text: "Hello ✓\n.dot\n",
  html: '<p>Hello <b>✓</b> <img src="cid:logo" alt="Logo"></p>',
  headers: { "X-Order": "7", "List-Unsubscribe": "<https://example.com/u?x=1>" },
  attachments: [
    { filename: "zahlen – 数.bin", content: Buffer.from([0, 1, 2, 253, 254, 255]).toString("base64") },
    { filename: "logo.png", content: Buffer.from("not really a png").toString("base64"), contentId: "logo" },
  ],
});
out.react = await client.emails.send({
  to: "react@example.net",
  from: "sender@example.com",
  subject: "rendered",
  react: createElement("p", null, "Rendered by ", createElement("a", { href: "https://example.com/r" }, "React")),
});
out.batch = await client.emails.batch(
  [1, 2, 3].map((n) => ({ to: `batch${n}@example.net`, from: "sender@example.com", subject: `n${n}`, text: "t" })),
  { idempotencyKey: "batch-1" },
);
out.batchAgain = await client.emails.batch(
  [1, 2, 3].map((n) => ({ text: "t", subject: `n${n}`, from: "sender@example.com", to: `batch${n}@example.net` })),
  { idempotencyKey: "batch-1" },
);
out.keyed = await client.emails.send({ to: "k@example.net", from: "sender@example.com", subject: "s", text: "1" }, { idempotencyKey: "k" });
out.keyedOther = await client.emails.send({ to: "k@example.net", from: "sender@example.com", subject: "s", text: "2" }, { idempotencyKey: "k" });

const soon = new Date(Date.now() + 3600_000).toISOString();
const later = new Date(Date.now() + 7200_000).toISOString();
out.scheduled = await client.emails.create({ to: "later@example.net", from: "sender@example.com", subject: "later", text: "t", scheduledAt: soon });
out.answer = await client.emails.send({
  to: "bob@example.net", from: "sender@example.com", subject: "Re", text: "t", inReplyToId: out.sent.data?.emailId,
});
const id = out.scheduled.data?.emailId;
out.updated = await client.emails.update(id, { scheduledAt: later });
out.later = later;
out.got = await client.emails.get(id);
out.cancelled = await client.emails.cancel(id);
out.cancelledAgain = await client.emails.cancel(id);
out.unknown = await client.emails.get("cuiwqdj74rygf74");
out.bad = await client.emails.send({ to: "x", from: "sender@example.com", subject: "s", text: "t" });
out.badBatch = await client.emails.batch([{ to: "b@example.net", from: "sender@example.com", subject: "s", text: "t" }, { to: [], from: "x" }]);
out.stranger = await new UseSend("rk_wrong", url).emails.get(id);
out.template = await client.emails.send({ to: "b@example.net", from: "sender@example.com", templateId: "none", variables: { a: "1" } });
out.domain = await client.domains.create({ name: "client.example.com", region: "here" });
const domain = out.domain.data?.id;
out.domains = await client.domains.list();
out.domainGot = await client.domains.get(domain);
out.domainVerified = await client.domains.verify(domain);
out.series = await client.analytics.emailTimeSeries({ days: "7" });
out.reputation = await client.analytics.reputationMetrics({ domainId: String(domain) });
out.domainDeleted = await client.domains.delete(domain);
out.domainGone = await client.domains.get(domain);
console.log(JSON.stringify(out));
