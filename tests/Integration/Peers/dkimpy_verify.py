"""Verifies every DKIM-Signature of the message on standard input with dkimpy, keys from a DNS server.

Argument: port of the server on 127.0.0.1, asked over TCP. Prints one line per signature: "pass" or what is wrong.
"""
import socket
import struct
import sys

import dkim


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def skip_name(message, at):
    while message[at] != 0:
        if message[at] >= 0xC0:
            return at + 2
        at += 1 + message[at]
    return at + 1


def txt(name, timeout=5):
    question = b"".join(bytes([len(label)]) + label for label in name.rstrip(b".").split(b".")) + b"\0" + struct.pack("!HH", 16, 1)
    query = struct.pack("!6H", 4711, 0x0100, 1, 0, 0, 0) + question
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=timeout) as connection:
        connection.sendall(struct.pack("!H", len(query)) + query)
        answer = read_exactly(connection, struct.unpack("!H", read_exactly(connection, 2))[0])
    if struct.unpack("!H", answer[6:8])[0] == 0:
        return None
    at = skip_name(answer, 12 + len(question))
    length = struct.unpack("!H", answer[at + 8:at + 10])[0]
    data = answer[at + 10:at + 10 + length]
    strings = b""
    while data:
        strings += data[1:1 + data[0]]
        data = data[1 + data[0]:]
    return strings


message = sys.stdin.buffer.read()
count = sum(1 for name, _ in dkim.DKIM(message).headers if name.lower() == b"dkim-signature")
for index in range(count):
    try:
        print("pass" if dkim.DKIM(message).verify(idx=index, dnsfunc=txt) else "fail")
    except dkim.DKIMException as error:
        print("error", error)
