using Relay.Mail;

namespace Relay;

/// <summary><c>[bounce]</c>: the reports we send about mail that could not be delivered (RFC 3464).</summary>
internal sealed class BounceSection
{
    /// <summary>Header From of the reports; their reverse-path is always null. Default MAILER-DAEMON at our name, which people and filters know.</summary>
    [Setting(Default = "MAILER-DAEMON@{hostname}")]
    public required Mailbox From { get; init; }

    /// <summary>How much of the message is returned. The sender's RET wins (RFC 3461 §4.3). Default auto: a small message whole, of a large one the headers.</summary>
    [Setting]
    public BounceContent Include { get; init; } = BounceContent.Auto;

    /// <summary>Language of what reports say to people (docs/report-texts.md); the part for programs is the same. Default en; a file says it in another.</summary>
    [Setting(Hint = "en, de, or a file")]
    public string Language { get; init; } = ReportTexts.English.Language;

    /// <summary>Age at which a sender is told, once, that mail still waits; senders that ask with NOTIFY are obeyed (RFC 3461 §4.1). Default 4h; 0 tells nobody.</summary>
    [Setting(Min = "0", Max = "30d")]
    public TimeSpan DelayWarning { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Signed return paths of our own for mail from domains whose bounce host was seen in DNS, so that late bounces come to us and SPF aligns. Default true; other mail keeps its reverse-path.</summary>
    [Setting]
    public bool ReturnPath { get; init; } = true;

    /// <summary>Reports sent by this host. Default 1000/h: a flood of failures must not become a flood of reports.</summary>
    [Setting]
    public Rate Rate { get; init; } = new(1000, TimeSpan.FromHours(1));
}

internal enum BounceContent
{
    Auto,
    Headers,
    Full,
}
