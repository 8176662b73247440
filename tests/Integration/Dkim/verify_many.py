"""Verifies the signatures of one domain in every message of a folder with dkimpy.

Arguments: folder of .eml files, JSON file of record names and texts, signing domain. Prints a line for each signature: file, selector,
"pass", "fail" or what was wrong.
"""
import json
import os
import re
import sys

import dkim

folder, records_file, domain = sys.argv[1:4]
with open(records_file, encoding="ascii") as file:
    records = json.load(file)


def lookup(name, timeout=5):
    return records.get(name.decode("ascii").rstrip("."), "").encode("ascii")


def tag(value, name):
    found = re.search(rb"(?:^|;)\s*" + name + rb"\s*=\s*([^;]*)", value)
    return re.sub(rb"\s", b"", found.group(1)) if found else b""


for file_name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, file_name), "rb") as file:
        message = file.read()
    fields = [value for name, value in dkim.DKIM(message).headers if name.lower() == b"dkim-signature"]
    for index, value in enumerate(fields):
        if tag(value, b"d") != domain.encode("ascii"):
            continue
        try:
            verdict = "pass" if dkim.DKIM(message).verify(idx=index, dnsfunc=lookup) else "fail"
        except dkim.DKIMException as error:
            verdict = "fail " + str(error).replace("\n", " ")
        print(file_name, tag(value, b"s").decode("ascii"), verdict)
