"""Mail that arrives: reports as real servers write them, machines and people that answer. Addresses are invented."""

from __future__ import annotations

OURS = "guichet@uesl.example"
GONE = "depot@pf03.example"
MESSAGE_ID = "<0123456789abcdef0123456789abcdef01234567@uesl.example>"
ENVELOPE_ID = "0123456789abcdef0123456789abcdef01234567"

RETURNED = f"""\
Message-ID: {MESSAGE_ID}
Date: Mon, 18 Apr 2005 08:15:00 +0000
From: Guichet <{OURS}>
To: Zoé <{GONE}>
Subject: =?utf-8?q?Accept=C3=A9?=
Auto-Submitted: auto-generated
X-Guichet-Event: verdict
"""

POSTFIX = f"""\
Return-Path: <>
Date: Mon, 18 Apr 2005 10:15:04 +0200 (CEST)
From: MAILER-DAEMON@relay.uesl.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {OURS}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4B3F.1113811304/relay.uesl.example"

This is a MIME-encapsulated message.

--4B3F.1113811304/relay.uesl.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relay.uesl.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{GONE}>: host mx.pf03.example[192.0.2.7] said: 550 5.1.1 <{GONE}>:
    Recipient address rejected: User unknown (in reply to RCPT TO command)

--4B3F.1113811304/relay.uesl.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.uesl.example
Original-Envelope-Id: {ENVELOPE_ID}
X-Postfix-Queue-ID: 4B3F
X-Postfix-Sender: rfc822; {OURS}
Arrival-Date: Mon, 18 Apr 2005 10:15:01 +0200 (CEST)

Final-Recipient: rfc822; {GONE}
Original-Recipient: rfc822;{GONE}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.pf03.example
Diagnostic-Code: smtp; 550 5.1.1 <{GONE}>: Recipient address rejected: User
    unknown

--4B3F.1113811304/relay.uesl.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

{RETURNED}
--4B3F.1113811304/relay.uesl.example--
"""

POSTFIX_DELAY = (
    POSTFIX.replace("Undelivered Mail Returned to Sender", "Delayed Mail (still being retried)")
    .replace("Action: failed", "Action: delayed")
    .replace("Status: 5.1.1", "Status: 4.4.1\nWill-Retry-Until: Sat, 23 Apr 2005 10:15:01 +0200 (CEST)")
    .replace("550 5.1.1", "450 4.4.1")
)
POSTFIX_RELAYED = POSTFIX.replace("Action: failed", "Action: relayed").replace("Status: 5.1.1", "Status: 2.0.0")

EXIM = f"""\
Return-path: <>
Received: from Debian-exim by relay.uesl.example with local (Exim 4.50) id 1DNPZq-0001aB-7x
X-Failed-Recipients: {GONE}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.uesl.example>
To: {OURS}
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1DNPZq-0001aB-7x@relay.uesl.example>
Date: Mon, 18 Apr 2005 10:16:02 +0200

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {GONE}
    SMTP error from remote mail server after RCPT TO:<{GONE}>:
    host mx.pf03.example [192.0.2.7]: 550 5.1.1 <{GONE}>: User unknown

------ This is a copy of the message, including all the headers. ------

Return-path: <{OURS}>
Received: from [192.0.2.1] by relay.uesl.example with esmtp (Exim 4.50)
{RETURNED}
Bonjour
"""

EXIM_DELAY = f"""\
Return-path: <>
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.uesl.example>
To: {OURS}
Subject: Warning: message 1DNPZq-0001aB-7x delayed 24 hours
Date: Tue, 19 Apr 2005 10:16:02 +0200

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on relay.uesl.example.

The message identifier is:     1DNPZq-0001aB-7x
The subject of the message is: Accepte

The address to which the message has not yet been delivered is:

  {GONE}

No action is required on your part.
"""

EXCHANGE = f"""\
Return-Path: <>
From: Microsoft Outlook
\t<MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@pf03.example>
To: <{OURS}>
Date: Mon, 18 Apr 2005 08:17:44 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="c6a1d5e0-7a37-4b2f-9b9f-1e2d"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: fr-FR
Message-ID: <3f1c2d@PR1P264MB0001.FRAP264.PROD.OUTLOOK.COM>
In-Reply-To: {MESSAGE_ID}
References: {MESSAGE_ID}
Subject: =?utf-8?B?Tm9uIHJlbWlz?= : =?utf-8?Q?Accept=C3=A9?=
MIME-Version: 1.0

--c6a1d5e0-7a37-4b2f-9b9f-1e2d
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="inner-1e2d"

--inner-1e2d
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

TGUgbWVzc2FnZSBuJ2EgcGFzIHB1IMOqdHJlIHJlbWlzIMOgIGRlcG90QHBmMDMuZXhhbXBsZS4K

--inner-1e2d
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

PHA+TGUgbWVzc2FnZSBuJ2EgcGFzIHB1IMOqdHJlIHJlbWlzLjwvcD4K

--inner-1e2d--

--c6a1d5e0-7a37-4b2f-9b9f-1e2d
Content-Type: message/delivery-status

Reporting-MTA: dns;PR1P264MB0001.FRAP264.PROD.OUTLOOK.COM
Received-From-MTA: dns;relay.uesl.example
Arrival-Date: Mon, 18 Apr 2005 08:17:40 +0000

Final-Recipient: rfc822;{GONE.upper()}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {GONE} not found by SMTP address lookup
X-Display-Name: Dépôts PF03

--c6a1d5e0-7a37-4b2f-9b9f-1e2d
Content-Type: message/rfc822

Received: from relay.uesl.example (192.0.2.1) by PR1P264MB0001
{RETURNED}MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"

Bonjour

--c6a1d5e0-7a37-4b2f-9b9f-1e2d--
"""

QMAIL = f"""\
Return-Path: <>
Received: (qmail 1337 invoked for bounce); 18 Apr 2005 08:16:11 -0000
Date: 18 Apr 2005 08:16:11 -0000
From: MAILER-DAEMON@relay.uesl.example
To: {OURS}
Subject: failure notice

Hi. This is the qmail-send program at relay.uesl.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{GONE}>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 User unknown
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

Return-Path: <{OURS}>
{RETURNED}
Bonjour
"""

GMAIL = f"""\
Return-Path: <>
Received: by mx.pf03.example with SMTP id a1; Mon, 18 Apr 2005 01:16:11 -0700 (PDT)
Content-Type: multipart/report; boundary="000000000000a1b2c3"; report-type=delivery-status
To: {OURS}
X-Failed-Recipients: {GONE}
Auto-Submitted: auto-replied
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
Subject: Delivery Status Notification (Failure)
References: {MESSAGE_ID}
In-Reply-To: {MESSAGE_ID}
Message-ID: <62a1b2.df0a@mx.google.com>
Date: Mon, 18 Apr 2005 01:16:12 -0700 (PDT)

--000000000000a1b2c3
Content-Type: multipart/related; boundary="000000000000a1b2c8"

--000000000000a1b2c8
Content-Type: text/plain; charset="UTF-8"

** Adresse introuvable **

Votre message n'est pas parvenu.

--000000000000a1b2c8--
--000000000000a1b2c3
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Mon, 18 Apr 2005 01:16:11 -0700 (PDT)
X-Original-Message-ID: {MESSAGE_ID}

Final-Recipient: rfc822; {GONE}
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.9, the server for the domain pf03.example.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos.
Last-Attempt-Date: Mon, 18 Apr 2005 01:16:12 -0700 (PDT)

--000000000000a1b2c3
Content-Type: message/rfc822

{RETURNED}
Bonjour
--000000000000a1b2c3--
"""

SENDMAIL = f"""\
Return-Path: <MAILER-DAEMON@relay.uesl.example>
From: Mail Delivery Subsystem <MAILER-DAEMON@relay.uesl.example>
Message-Id: <200504180816.j3I8GBx1@relay.uesl.example>
To: <{OURS}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="j3I8GBx1.1113812171/relay.uesl.example"
Subject: Returned mail: see transcript for details
Auto-Submitted: auto-generated (failure)

--j3I8GBx1.1113812171/relay.uesl.example

The original message was received at Mon, 18 Apr 2005 10:16:10 +0200

   ----- The following addresses had permanent fatal errors -----
<{GONE}>
    (reason: 552 5.2.2 Mailbox full)

--j3I8GBx1.1113812171/relay.uesl.example
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.uesl.example
Arrival-Date: Mon, 18 Apr 2005 10:16:10 +0200

Final-Recipient: RFC822; {GONE}
Action: failed
Status: 5.2.2
Diagnostic-Code: SMTP; 552 5.2.2 Mailbox full
Last-Attempt-Date: Mon, 18 Apr 2005 10:16:11 +0200

--j3I8GBx1.1113812171/relay.uesl.example
Content-Type: text/rfc822-headers

{RETURNED}
--j3I8GBx1.1113812171/relay.uesl.example--
"""

FRENCH_TEXT = f"""\
Return-Path: <>
From: =?iso-8859-1?Q?Syst=E8me_de_messagerie?= <postmaster@pf03.example>
To: {OURS}
Subject: =?iso-8859-1?Q?=C9chec_de_la_remise_de_votre_message?=
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: 8bit

Votre message n'a pas pu être remis :

  {GONE} : 550 5.1.1 utilisateur inconnu

En-têtes d'origine :
> Message-ID: {MESSAGE_ID}
> Subject: Accepté
"""

OUT_OF_OFFICE_FR = f"""\
Return-Path: <>
From: =?utf-8?Q?Zo=C3=A9_Martin?= <{GONE}>
To: {OURS}
Subject: =?utf-8?Q?R=C3=A9ponse_automatique_=3A_Accept=C3=A9?=
In-Reply-To: {MESSAGE_ID}
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
Content-Type: text/plain; charset=utf-8

Je suis absente jusqu'au 2 mai.
"""

VACATION_EN = f"""\
Return-Path: <{GONE}>
From: Zoe Martin <{GONE}>
To: {OURS}
Subject: I am on vacation
Precedence: bulk
X-Autoreply: yes

I am away.
"""

READ_RECEIPT = f"""\
From: Zoe Martin <{GONE}>
To: {OURS}
Subject: Lu : Accepte
Content-Type: multipart/report; report-type=disposition-notification; boundary=x

--x
Content-Type: text/plain

Lu.
--x
Content-Type: message/disposition-notification

Final-Recipient: rfc822;{GONE}
Disposition: manual-action/MDN-sent-manually; displayed
--x--
"""

REPLY = f"""\
Return-Path: <{GONE}>
Received: from mx.pf03.example by relay.uesl.example; Mon, 18 Apr 2005 11:00:00 +0200
From: =?utf-8?Q?Zo=C3=A9_Martin?= <{GONE}>
To: Guichet <{OURS}>
Subject: =?utf-8?Q?Re=3A_Accept=C3=A9?=
Date: Mon, 18 Apr 2005 11:00:00 +0200
Message-ID: <c0ffee@pf03.example>
In-Reply-To: {MESSAGE_ID}
References: {MESSAGE_ID}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="reply-1"

--reply-1
Content-Type: multipart/alternative; boundary="reply-2"

--reply-2
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Bonjour,

Le CIL de l'Ain a ferm=C3=A9 ; que dois-je d=C3=A9clarer ?
Zo=C3=A9

Le lun. 18 avr. 2005 =C3=A0 10:15, Guichet <{OURS}> a =C3=A9crit :
> Votre d=C3=A9p=C3=B4t est accept=C3=A9.
--reply-2
Content-Type: text/html; charset=utf-8

<p>Bonjour</p>
--reply-2--
--reply-1
Content-Type: application/pdf; name="note.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="note.pdf"

JVBERi0xLjQKJSVFT0YK
--reply-1--
"""

TALK_ABOUT_A_BOUNCE = f"""\
Return-Path: <{GONE}>
From: Zoe Martin <{GONE}>
To: {OURS}
Subject: Undelivered Mail Returned to Sender

Bonjour, voici ce que j'ai recu : 550 5.1.1 User unknown.
Message-ID: {MESSAGE_ID}
"""

OUR_OWN = f"""\
{RETURNED}
Bonjour
"""

FROM_OURSELVES = f"""\
From: <{OURS.upper()}>
To: {OURS}
Subject: boucle

Bonjour
"""


def as_bytes(text: str) -> bytes:
    """As it lies in a Maildir."""
    return text.encode("iso-8859-1" if "charset=iso-8859-1" in text else "utf-8")


HOSTILE = {
    "empty": b"",
    "nul": b"\0" * 500,
    "random": bytes(range(256)) * 40,
    "no_headers": b"\r\n\r\nBonjour",
    "many_headers": b"".join(b"X-%d: a\r\n" % number for number in range(10_000)) + b"\r\nBonjour",
    "long_header": b"Subject: " + b"a" * 900_000 + b"\r\n\r\n",
    "same_header": b"From: a@x.example\n" * 10_000 + b"\n",
    "bad_words": b"Subject: =?utf-8?b?!!!!?= =?nonesuch?q?=e9?= =?utf-8?q?=ff=fe?=\nFrom: =?utf-8?b?AAAA?= <@@>\n\n",
    "bytes_in_headers": b"From: Zo\xe9 <zo\xe9@x.example>\nSubject: \xff\xfe\n\n\xff",
    "bad_charset": b"Content-Type: text/plain; charset=nonesuch\nFrom: a@x.example\n\n\xe9t\xe9",
    "charset_that_is_no_text": b"Content-Type: text/plain; charset=base64\nFrom: a@x.example\n\nxx",
    "bad_base64": b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n====\xff",
    "bad_parameter": b"Content-Type: text/plain; charset*=utf-8''%ff; x*0*=a; x*1=b\n\nx",
    "no_boundary": b"Content-Type: multipart/report; report-type=delivery-status\n\n--x\n",
    "empty_boundary": b'Content-Type: multipart/mixed; boundary=""\n\n--\n\n--\n',
    "nested": b"Content-Type: multipart/mixed; boundary=a\n\n"
    + b"".join(
        b"--%s\nContent-Type: multipart/mixed; boundary=%s\n\n" % (b"a" * n, b"a" * (n + 1)) for n in range(1, 900)
    ),
    "boundaries_for_each_line": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%02d\n\n--b%02d\n" % (n, n) for n in range(30)
    )
    + b"\n\xe9"
    + b"a\n" * 300_000,
    "messages_in_messages": b"Content-Type: message/rfc822\n\n" * 5_000,
    "many_parts": b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nab\n" * 100_000,
    "report_without_fields": b"Content-Type: message/delivery-status\n\n\n\n\n\xff\0",
    "report_of_thousands": b"Content-Type: message/delivery-status\n\n" + b"Action: failed\nStatus: 5.0.0\n\n" * 20_000,
    "endless_line": b"From: a@x.example\n\n" + b"x" * 3_000_000,
    "folded_for_ever": b"Subject: a\n" + b" b\n" * 300_000 + b"\n",
    "angle": b"From: "
    + b"<" * 50_000
    + b"\nIn-Reply-To: "
    + b"<a@" * 50_000
    + b"\nReferences: "
    + b"<" * 90_000
    + b"\n\n",
    "comments": b"From: " + b"(" * 50_000 + b"\nContent-Type: " + b"(" * 10_000 + b"\n\n",
}
