// Submits with nodemailer: STARTTLS, login, text and HTML, an attachment. Arguments: port, user, password, recipient.
import nodemailer from "nodemailer";

const [port, user, pass, to] = process.argv.slice(2);
const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(port),
  requireTLS: true,
  auth: { user, pass },
  tls: { rejectUnauthorized: false },
});
const info = await transport.sendMail({
  from: "Grüße <sender@example.com>",
  to,
  subject: "by nodemailer ✓",
  text: "Hello\n.dot\n",
  html: "<p>Hello ✓</p>",
  attachments: [{ filename: "numbers.bin", content: Buffer.from([0, 1, 2, 253, 254, 255]) }],
});
console.log(info.response);
