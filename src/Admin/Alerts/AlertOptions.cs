using System.Net;
using Relay.Mail;

namespace Relay.Admin;

/// <summary>What raises an alert, and who is told.</summary>
public sealed record AlertOptions
{
    public required string Hostname { get; init; }

    /// <summary>Told by mail; empty: nobody.</summary>
    public IReadOnlyList<Mailbox> MailTo { get; init; } = [];

    public required Mailbox From { get; init; }

    /// <summary>Told by a POST of JSON; null: nobody.</summary>
    public Uri? Webhook { get; init; }

    /// <summary>Mail that could be sent has waited longer.</summary>
    public TimeSpan QueueAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Share of attempts deferred, 0–1.</summary>
    public double DeferralShare { get; init; } = 0.5;

    /// <summary>Block lists (RFC 5782) asked once an hour about the public addresses of the sources.</summary>
    public IReadOnlyList<string> BlockLists { get; init; } = [];

    /// <summary>Addresses to ask them about.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Who is told, and from which thresholds on, as <paramref name="next"/> says; who tells, and of which addresses, as it is.</summary>
    public AlertOptions WithThresholdsOf(AlertOptions next) => next with { Hostname = Hostname, From = From, Addresses = Addresses };
}
