// Verifies the signatures of one domain in every message of a folder with mailauth.
// Arguments: folder of .eml files, JSON file of record names and texts, signing domain. Prints a line for each signature: file, selector, result.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";

const [folder, recordsFile, domain] = process.argv.slice(2);
const records = JSON.parse(readFileSync(recordsFile, "utf8"));
const resolver = async (name) => {
  if (records[name]) {
    return [[records[name]]];
  }
  throw Object.assign(new Error(`no such name ${name}`), { code: "ENOTFOUND" });
};
for (const file of readdirSync(folder).sort()) {
  const verdict = await dkimVerify(readFileSync(join(folder, file)), { resolver });
  for (const result of verdict.results.filter((r) => r.signingDomain === domain)) {
    console.log(file, result.selector, result.status.result, result.status.comment ?? "");
  }
}
