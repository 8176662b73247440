// Drives campaigns with the unmodified client. Arguments: base URL, API key. Prints one JSON object.
import { UseSend } from "usesend-js";

const [url, key] = process.argv.slice(2);
const client = new UseSend(key, url);
const out = {};

const book = (await client.contactBooks.create({ name: "Readers" })).data?.id;
await client.contacts.create(book, { email: "ada@example.net", firstName: "Ada" });
const campaign = {
  name: "Spring",
  from: "App <app@example.com>",
  subject: "Hello {{firstName,fallback=you}}",
  contactBookId: book,
  html: "<p>Hi</p><a href='{{usesend_unsubscribe_url}}'>leave</a>",
  replyTo: ["a@example.com"],
};
out.created = await client.campaigns.create(campaign);
const id = out.created.data?.id;
out.got = await client.campaigns.get(id);
out.scheduled = await client.campaigns.schedule(id, { scheduledAt: "tomorrow 9am", batchSize: 50 });
out.paused = await client.campaigns.pause(id);
out.resumed = await client.campaigns.resume(id);
out.listed = await client.campaigns.getAll({ page: "1", status: "SCHEDULED", search: "spring" });
out.deleted = await client.campaigns.delete(id);
out.gone = await client.campaigns.get(id);
out.sent = await client.campaigns.create({ ...campaign, sendNow: true });
out.bad = await client.campaigns.create({ ...campaign, scheduledAt: "whenever" });
console.log(JSON.stringify(out));
