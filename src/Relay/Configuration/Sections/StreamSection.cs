using Relay.Mail;
using Relay.Queue;

namespace Relay;

/// <summary><c>[stream]</c>: what is added to the mail of a stream before it is signed.</summary>
internal sealed class StreamsSection
{
    /// <summary>Mail to one person about what they did. All mail is, unless it says otherwise.</summary>
    public required StreamSection Transactional { get; init; }

    /// <summary>The same mail to many: campaigns, and mail with <c>X-Relay-Stream: broadcast</c>.</summary>
    public required StreamSection Broadcast { get; init; }

    public StreamSection Of(MailStream stream) => stream == MailStream.Broadcast ? Broadcast : Transactional;
}

/// <summary><c>[stream.transactional]</c>, <c>[stream.broadcast]</c></summary>
internal sealed class StreamSection
{
    /// <summary>List-Unsubscribe and List-Unsubscribe-Post (RFC 8058) in mail that brings no List-Unsubscribe; each recipient then gets a copy of his own, with his link. Needs <c>public.public_url</c> with https. Default false: what leaves here is what came in.</summary>
    [Setting]
    public bool OneClick { get; init; }

    /// <summary>Address, one of <c>local.reports</c>, that stands beside the link for mail programs that unsubscribe by mail. Default: none, the link alone.</summary>
    [Setting(Shown = "none")]
    public Mailbox? UnsubscribeMailbox { get; init; }

    /// <summary>Feedback-ID in mail that brings none: at most four fields divided by colons, the last one fixed, 5 to 15 letters and digits, such as "{campaign}:{account}:{stream}:examplemail"; also "{domain}", that of From. Gmail's Postmaster Tools count complaints by field. Default: none.</summary>
    [Setting(Shown = "none")]
    public string? FeedbackId { get; init; }

    /// <summary>CFBL-Address (RFC 9477): where receivers send complaints. Written into mail whose From is of that domain or below it, or of any domain when <c>dkim.cosign</c> is that of the address, because a signature must vouch for it. Default: none.</summary>
    [Setting(Shown = "none")]
    public Mailbox? CfblAddress { get; init; }
}
