"""What a mailbox writes back: a complaint for "complain@…", else the reply of somebody who is away.

Arguments: address and port of the Postfix that delivered here, recipient, reverse-path; the message is read from standard input.
The answer goes to the reverse-path, with a null one of its own (RFC 3834 section 3.3, RFC 5965 section 5), through that Postfix.
"""
import smtplib
import sys
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

address, port, recipient, reverse_path = sys.argv[1:5]
header = sys.stdin.buffer.read().split(b"\n\n", 1)[0].decode("utf-8", "surrogateescape")


def complaint():
    report = MIMEMultipart("report")
    report.set_param("report-type", "feedback-report")
    report.attach(MIMEText("Somebody called this spam."))
    feedback = Message()
    feedback["Content-Type"] = "message/feedback-report"
    feedback.set_payload(f"Feedback-Type: abuse\nUser-Agent: answers/1\nVersion: 1\nOriginal-Rcpt-To: {recipient}\n")
    report.attach(feedback)
    returned = Message()
    returned["Content-Type"] = "text/rfc822-headers"
    returned.set_payload(header + "\n")
    report.attach(returned)
    return report


def absence():
    reply = EmailMessage()
    reply["Auto-Submitted"] = "auto-replied"
    reply.set_content("I am away until Monday.")
    return reply


answer = complaint() if recipient.startswith("complain@") else absence()
answer["From"] = recipient
answer["To"] = reverse_path
answer["Subject"] = "about your message"
with smtplib.SMTP(address, int(port)) as postfix:
    postfix.sendmail("", [reverse_path], answer.as_bytes())
