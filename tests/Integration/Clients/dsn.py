"""Prints what Python's email package finds of a delivery report: argument is the file."""
import email
import email.policy
import json
import sys

with open(sys.argv[1], "rb") as file:
    mail = email.message_from_binary_file(file, policy=email.policy.default)
assert not mail.defects, mail.defects
assert mail.get_content_type() == "multipart/report", mail.get_content_type()
part = next(one for one in mail.iter_parts() if "delivery-status" in one.get_content_type())
groups = part.get_payload()
fields = [{name.lower(): str(value) for name, value in group.items()} for group in groups]
words = next(mail.iter_parts()).get_content()
print(json.dumps({"subject": mail["Subject"], "words": words, "autoSubmitted": mail["Auto-Submitted"], "message": fields[0], "recipients": [one for one in fields[1:] if one]}))
