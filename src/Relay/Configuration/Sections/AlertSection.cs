using Relay.Mail;

namespace Relay;

/// <summary><c>[alert]</c>: what lasts and calls for an operator is shown on the page, and told by mail and webhook where those are given.</summary>
internal sealed class AlertSection
{
    /// <summary>Who is told by mail. Default nobody: the page shows alerts all the same.</summary>
    [Setting]
    public IReadOnlyList<Mailbox> MailTo { get; init; } = [];

    /// <summary>Is told by a POST of JSON. Default: none.</summary>
    [Setting(Shown = "none")]
    public Uri? Webhook { get; init; }

    /// <summary>Mail that could go has waited longer. Default 1h: greylisting is over by then.</summary>
    [Setting(Min = "5m", Max = "30d")]
    public TimeSpan QueueAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Share of attempts deferred, of at least 50 in five minutes. Default 50%: a few busy destinations do not reach it.</summary>
    [Setting]
    public Percent DeferralShare { get; init; } = new(50);

    /// <summary>DNS block lists asked once an hour about the public addresses of the egress sources (RFC 5782). Default none: most lists want to be asked by arrangement.</summary>
    [Setting]
    public IReadOnlyList<DomainPattern> BlockLists { get; init; } = [];
}
