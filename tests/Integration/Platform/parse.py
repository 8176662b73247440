"""Prints what Python's email package reads in a message, in the same shape as parse.mjs. Argument: the file."""
import base64
import email
import email.policy
import json
import sys

with open(sys.argv[1], "rb") as file:
    mail = email.message_from_binary_file(file, policy=email.policy.default)
defects = [str(defect) for part in mail.walk() for defect in part.defects]
assert not defects, defects


def mailboxes(name):
    return [[one.display_name, one.addr_spec] for one in mail[name].addresses] if mail[name] else []


def body(kind):
    part = mail.get_body((kind,))
    return part.get_content().replace("\r\n", "\n").strip() if part else ""


files = [part for part in mail.walk() if part.get_filename()]
print(json.dumps({
    "from": mailboxes("from"),
    "to": mailboxes("to"),
    "cc": mailboxes("cc"),
    "replyTo": mailboxes("reply-to"),
    "subject": mail["subject"],
    "messageId": mail["message-id"],
    "order": mail["x-order"],
    "text": body("plain"),
    "html": body("html"),
    "attachments": sorted([
        part.get_filename(),
        part.get_content_type(),
        part["content-id"],
        base64.b64encode(part.get_payload(decode=True)).decode(),
    ] for part in files),
}))
