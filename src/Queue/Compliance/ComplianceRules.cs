namespace Relay.Queue;

/// <summary>The rules of the bulk-sender gate; docs/compliance.md explains them, and a test compares the two.</summary>
public static class ComplianceRules
{
    private const string Google = "Gmail: Email sender guidelines, https://support.google.com/a/answer/81126";
    private const string Format = Google + " (RFC 5322)";
    private const string AllThree = Google + "; Yahoo: Sender best practices, https://senders.yahooinc.com/best-practices; Outlook.com: New Requirements for High-Volume Senders, April 2025";

    private static readonly string[] Large = ["Gmail", "Yahoo", "Outlook.com"];

    public static readonly ComplianceRule From = new(
        "from", "5.7.1", ["Gmail", "Yahoo"], Format, "write exactly one From field with exactly one address");

    public static readonly ComplianceRule MessageId = new(
        "message-id", "5.7.1", ["Gmail"], Format, "write one Message-ID of the form <unique@your.domain>, or let the listener add it ([submission] add_message_id)");

    public static readonly ComplianceRule Date = new(
        "date", "5.7.1", ["Gmail"], Format, "write one Date such as 'Mon, 30 Nov 2026 12:00:00 +0000', or let the listener add it ([submission] add_date)");

    public static readonly ComplianceRule Duplicate = new(
        "duplicate-fields", "5.7.1", ["Gmail"], Format, "write the field once");

    public static readonly ComplianceRule LineLength = new(
        "line-length", "5.6.0", ["Gmail", "Outlook.com"], "RFC 5322 section 2.1.1; receivers break or refuse such lines", "encode the body as quoted-printable or base64, or have long lines wrapped ([submission] long_lines)");

    public static readonly ComplianceRule Size = new(
        "size", "5.3.4", Large, "Gmail and Yahoo take 25 MB from senders, Outlook.com 25 MB", "send a link in place of the attachment");

    public static readonly ComplianceRule OneClick = new(
        "one-click", "5.7.1", ["Gmail", "Yahoo"], Google + "; https://senders.yahooinc.com/best-practices (RFC 8058)",
        "write List-Unsubscribe with an https address and 'List-Unsubscribe-Post: List-Unsubscribe=One-Click'");

    public static readonly ComplianceRule FeedbackId = new(
        "feedback-id", "5.7.1", ["Gmail"], "Gmail: Feedback Loop, https://support.google.com/a/answer/6254652", "write Feedback-ID: CAMPAIGN:CUSTOMER:TYPE:SENDER");

    public static readonly ComplianceRule Tls = new(
        "tls", "5.7.1", ["Gmail"], Google, "do not set tls = \"none\" under [delivery] or for the site");

    public static readonly ComplianceRule DkimKey = new(
        "dkim-key", "5.7.20", Large, AllThree, "publish the records of its keys, which 'relay dkim list DOMAIN' shows; where there are none, 'relay dkim generate DOMAIN' makes them");

    public static readonly ComplianceRule Spf = new(
        "spf", "5.7.23", Large, AllThree, "publish an SPF record at the envelope's domain that names every sending address, with at most 10 look-ups");

    public static readonly ComplianceRule Dmarc = new(
        "dmarc", "5.7.26", Large, AllThree, "publish TXT _dmarc.DOMAIN, for a start 'v=DMARC1; p=none'");

    public static readonly ComplianceRule Alignment = new(
        "dmarc-alignment", "5.7.26", Large, AllThree, "sign with a key of the From domain, or use an envelope domain of the same organisation");

    public static readonly ComplianceRule Ptr = new(
        "ptr", "5.7.25", Large, AllThree, "give the sending address a reverse name that leads back to it, and say that name in EHLO (ehlo of the source)");

    public static IReadOnlyList<ComplianceRule> All { get; } =
        [From, MessageId, Date, Duplicate, LineLength, Size, OneClick, FeedbackId, Tls, DkimKey, Spf, Dmarc, Alignment, Ptr];
}
