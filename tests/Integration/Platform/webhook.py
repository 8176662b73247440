"""Verifies a call in the form of Standard Webhooks: secret, id, timestamp, signature header; the body comes on standard input."""
import base64
import hashlib
import hmac
import sys

secret, identifier, timestamp, header = sys.argv[1:5]
body = sys.stdin.buffer.read()
key = base64.b64decode(secret.removeprefix("whsec_"))
expected = base64.b64encode(hmac.new(key, f"{identifier}.{timestamp}.".encode() + body, hashlib.sha256).digest()).decode()
accepted = any(hmac.compare_digest("v1," + expected, given) for given in header.split(" "))
print("valid" if accepted else "invalid")
