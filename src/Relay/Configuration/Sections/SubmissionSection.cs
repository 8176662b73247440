namespace Relay;

/// <summary><c>[submission]</c>: what is completed, cleaned and checked in messages of those who may relay (RFC 6409).</summary>
internal sealed class SubmissionSection
{
    /// <summary>A login with a list of senders and another sender in MAIL or in From: refused, logged or let through. Default reject.</summary>
    [Setting]
    public SenderCheck SenderCheck { get; init; } = SenderCheck.Reject;

    /// <summary>Refuse messages that do not have exactly one From field, or whose header block holds a line that is no field. Default true: RFC 5322 §3.6 asks for it, and large receivers refuse the rest.</summary>
    [Setting]
    public bool RequireFrom { get; init; } = true;

    /// <summary>Refuse senders and recipients whose domain is a short name such as mailhost, or a bare address (RFC 6409 §4.2); names with a route and this host's own are taken. Default false: hosts in closed networks have such names; true is for people, who forget the .com.</summary>
    [Setting]
    public bool RequireFullDomains { get; init; }

    /// <summary>Add Date where it is missing (RFC 6409 §8.2). Default true.</summary>
    [Setting]
    public bool AddDate { get; init; } = true;

    /// <summary>Add Message-ID where it is missing (RFC 6409 §8.3). Default true.</summary>
    [Setting]
    public bool AddMessageId { get; init; } = true;

    /// <summary>Take Bcc and Resent-Bcc out. Default true: a client that leaves them in would tell all whom it hides.</summary>
    [Setting]
    public bool RemoveBcc { get; init; } = true;

    /// <summary>Take Return-Path out. Default true: only the last host may write it (RFC 5321 §4.4).</summary>
    [Setting]
    public bool RemoveReturnPath { get; init; } = true;

    /// <summary>Received does not name the client's address of those who logged in. Default false: the trace is whole.</summary>
    [Setting]
    public bool HideClient { get; init; }

    /// <summary>Lines over 998 octets (RFC 5322 §2.1.1). Default accept: they are passed on as they came; wrap breaks foreign signatures.</summary>
    [Setting]
    public LongLines LongLines { get; init; } = LongLines.Accept;
}

internal enum SenderCheck
{
    Off,

    Warn,

    Reject,
}

internal enum LongLines
{
    Accept,

    Refuse,

    Wrap,
}
