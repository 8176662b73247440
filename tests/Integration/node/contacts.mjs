// Drives books and contacts with the unmodified client. Arguments: base URL, API key. Prints one JSON object.
import { UseSend } from "usesend-js";

const [url, key] = process.argv.slice(2);
const client = new UseSend(key, url);
const out = {};

out.book = await client.contactBooks.create({ name: "Leser & Freunde", emoji: "📚", properties: { city: "Köln" } });
const book = out.book.data?.id;
out.books = await client.contactBooks.list();
out.bookUpdated = await client.contactBooks.update(book, { name: "Leser", emoji: "📖" });
out.bookGot = await client.contactBooks.get(book);
out.created = await client.contacts.create(book, { email: "größe+a@bücher.example", firstName: "Ada", properties: { plan: "pro" } });
const contact = out.created.data?.contactId;
out.got = await client.contacts.get(book, contact);
out.updated = await client.contacts.update(book, contact, { lastName: "Lovelace", subscribed: false });
out.upserted = await client.contacts.upsert(book, "some-id", { email: "bob@example.com", firstName: "Bob" });
out.upsertedAgain = await client.contacts.upsert(book, out.upserted.data?.contactId, { email: "bob@example.com", firstName: "Robert" });
out.bulk = await client.contacts.bulkCreate(
  book,
  Array.from({ length: 1000 }, (_, n) => ({ email: `bulk${n}@example.com`, firstName: `n${n}`, properties: { n: `${n}` } })),
);
out.badBulk = await client.contacts.bulkCreate(book, [{ email: "ok@example.com" }, { email: "broken" }]);
out.bulkDeleted = await client.contacts.bulkDelete(book, { contactIds: [out.upserted.data?.contactId, "unknown"] });
out.deleted = await client.contacts.delete(book, contact);
out.gone = await client.contacts.get(book, contact);
out.bookCounted = await client.contactBooks.get(book);
out.stranger = await new UseSend("rk_wrong", url).contactBooks.get(book);
out.bad = await client.contactBooks.create({ name: "" });
out.bookDeleted = await client.contactBooks.delete(book);
out.bookGone = await client.contactBooks.get(book);
console.log(JSON.stringify(out));
