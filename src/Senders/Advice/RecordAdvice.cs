namespace Relay.Senders;

/// <summary>What a look said about one thing a sending domain should have in DNS, beyond what it needs to send. Nothing waits for it.</summary>
/// <param name="Check">mx, tls-rpt, mta-sts or bimi.</param>
/// <param name="Found">What is there now: a clause.</param>
/// <param name="Remedy">What to do: a clause; null when nothing is.</param>
public sealed record RecordAdvice(string Check, AdviceState State, string Found, string? Remedy)
{
    /// <summary>Empty when what is there is in order, or what is right only the domain's owner knows.</summary>
    public IReadOnlyList<RecordToPublish> Records { get; init; } = [];

    /// <summary>A file that goes with the records; null: none does.</summary>
    public FileToPublish? File { get; init; }

    /// <summary>What the next look wants to know of this one.</summary>
    public string? Memory { get; init; }

    public DateTimeOffset LookedAt { get; init; }

    /// <summary>When it was last seen in order; null: never.</summary>
    public DateTimeOffset? GoodAt { get; init; }

    /// <summary>Since when it is no more as it was when it was in order.</summary>
    public DateTimeOffset? DriftSince { get; init; }
}

/// <summary>The names are stored.</summary>
public enum AdviceState
{
    Ok,

    /// <summary>Certainly not there; mail goes without it.</summary>
    Missing,

    /// <summary>There, and certainly not as it should be.</summary>
    Wrong,

    /// <summary>DNS or the policy's host could not tell.</summary>
    Unknown,
}

/// <param name="Name">Whole, without trailing dot.</param>
/// <param name="Priority">Of MX records; null for others.</param>
public sealed record RecordToPublish(string Type, string Name, string Value, string? Priority = null);

public sealed record FileToPublish(string Url, string Text);
