// Prints what mailparser reads in a message: argument is the file. Contents of attachments as base64.
import { readFileSync } from "node:fs";
import { simpleParser } from "mailparser";

const mail = await simpleParser(readFileSync(process.argv[2]), { skipImageLinks: true, skipHtmlToText: true, skipTextToHtml: true });
const mailboxes = (field) => (field?.value ?? []).map((one) => [one.name, one.address]);
console.log(JSON.stringify({
  from: mailboxes(mail.from),
  to: mailboxes(mail.to),
  cc: mailboxes(mail.cc),
  replyTo: mailboxes(mail.replyTo),
  subject: mail.subject,
  messageId: mail.messageId,
  order: mail.headers.get("x-order") ?? null,
  text: (mail.text ?? "").replace(/\r\n/g, "\n").trim(),
  html: (mail.html || "").replace(/\r\n/g, "\n").trim(),
  attachments: mail.attachments
    .map((one) => [one.filename, one.contentType, one.cid ?? null, one.content.toString("base64")])
    .sort((a, b) => (a[0] < b[0] ? -1 : 1)),
}));
