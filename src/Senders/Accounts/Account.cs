namespace Relay.Senders;

/// <summary>Who owns messages, credentials and domains.</summary>
public sealed record Account(long Id, string Name)
{
    /// <summary>The account of everything that names no other; it is always there.</summary>
    public static Account Default { get; } = new(1, "default");

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when its credentials are refused; null when they are not. Mail already accepted still goes.</summary>
    public DateTimeOffset? SuspendedAt { get; init; }

    public bool IsSuspended => SuspendedAt is not null;

    /// <summary>Whose clock is meant where a request names no time zone (IANA, such as Europe/Berlin); null: as configured.</summary>
    public string? TimeZone { get; init; }

    /// <summary>For all keys of the account together.</summary>
    public SendLimits Limits { get; init; } = SendLimits.Default;
}
