// Verifies a call as an application with the client library does: module, secret, headers as JSON; the body comes on standard input.
import { pathToFileURL } from "node:url";

const [module, secret, headers] = process.argv.slice(2);
const { UseSend } = await import(pathToFileURL(module).href);
const chunks = [];
for await (const chunk of process.stdin) {
  chunks.push(chunk);
}

const webhooks = new UseSend("us_unused").webhooks(secret);
const event = webhooks.constructEvent(Buffer.concat(chunks), { headers: JSON.parse(headers) });
const tampered = webhooks.verify(Buffer.concat([...chunks, Buffer.from(" ")]), { headers: JSON.parse(headers) });
console.log(`${event.type} ${event.data.to[0]} ${tampered ? "tampering passes" : "tampering is seen"}`);
