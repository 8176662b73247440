// Prints what mailparser finds of a delivery report: argument is the file. Each group of message/delivery-status is a header of its own.
import { readFileSync } from "node:fs";
import { simpleParser } from "mailparser";

const mail = await simpleParser(readFileSync(process.argv[2]), { keepDeliveryStatus: true });
const part = mail.attachments.find((one) => one.contentType === "message/delivery-status");
const groups = part.content.toString("utf8").trim().split(/\r?\n\r?\n/);
const fields = await Promise.all(groups.map(async (group) => Object.fromEntries((await simpleParser(group + "\r\n\r\n")).headers)));
console.log(JSON.stringify({ type: mail.headers.get("content-type").params["report-type"], autoSubmitted: mail.headers.get("auto-submitted"), message: fields[0], recipients: fields.slice(1) }));
