// Verifies the message on standard input with mailauth. Argument: port of the DNS server on 127.0.0.1.
// Prints one line per signature: result, algorithm, domain, selector.
import { Resolver } from "node:dns/promises";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";

const dns = new Resolver();
dns.setServers([`127.0.0.1:${process.argv[2]}`]);
const parts = [];
for await (const part of process.stdin) {
  parts.push(part);
}
const verdict = await dkimVerify(Buffer.concat(parts), { resolver: (name, type) => dns.resolve(name, type) });
for (const result of verdict.results) {
  console.log([result.status.result, result.algo, result.signingDomain, result.selector].join(" "));
}
