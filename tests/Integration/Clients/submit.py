"""Submits with smtplib: STARTTLS, login, several recipients, 8BITMIME and SMTPUTF8.

Arguments: port, user, password.
"""
import smtplib
import ssl
import sys
from email.message import EmailMessage
from email.policy import SMTPUTF8

port, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
trusting = ssl.create_default_context()
trusting.check_hostname = False
trusting.verify_mode = ssl.CERT_NONE

with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.com", timeout=30) as client:
    client.starttls(context=trusting)
    client.login(user, password)

    several = EmailMessage()
    several["From"] = "sender@example.com"
    several["To"] = "python-one@example.net, python-two@example.org"
    several["Subject"] = "to several"
    several.set_content("Hello, both of you.\n")
    refused = client.send_message(several, "sender@example.com", ["python-one@example.net", "python-two@example.org", "python-three@example.org"])
    assert refused == {}, refused

    eight_bit = b"From: sender@example.com\r\nSubject: octets\r\n\r\ncaf\xe9 \xff\r\n.\r\n..dots\r\n"
    client.sendmail("sender@example.com", ["python-octets@example.net"], eight_bit, mail_options=["BODY=8BITMIME"])

    international = EmailMessage(policy=SMTPUTF8)
    international["From"] = "s\u00f6nder@example.com"
    international["To"] = "pyth\u00f6n@example.net"
    international["Subject"] = "Gr\u00fc\u00dfe"
    international.set_content("Gr\u00fc\u00dfe\n", cte="8bit")
    client.send_message(international)
