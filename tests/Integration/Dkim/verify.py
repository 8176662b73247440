"""Verifies every DKIM-Signature of the message on standard input with dkimpy.

Arguments: pairs of record name and record text. Prints one line per signature: "pass" or "fail".
"""
import sys

import dkim

records = dict(zip(sys.argv[1::2], sys.argv[2::2]))
message = sys.stdin.buffer.read()


def lookup(name, timeout=5):
    return records.get(name.decode("ascii").rstrip("."), "").encode("ascii")


verifier = dkim.DKIM(message)
count = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")
for index in range(count):
    try:
        print("pass" if dkim.DKIM(message).verify(idx=index, dnsfunc=lookup) else "fail")
    except dkim.DKIMException as error:
        print("error", error)
