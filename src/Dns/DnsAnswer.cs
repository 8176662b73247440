namespace Relay.Dns;

/// <summary>The outcome of one typed lookup.</summary>
public sealed record DnsAnswer<T>(DnsStatus Status, IReadOnlyList<T> Records)
{
    /// <summary>How long the answer may be kept; of the negative answer when there are no records.</summary>
    public TimeSpan TimeToLive { get; init; }

    /// <summary>True when a resolver trusted for it set the AD bit (RFC 4035 §3.2.3).</summary>
    public bool IsAuthentic { get; init; }

    /// <summary>One sentence for the operator when the lookup failed, for example <c>SERVFAIL from 127.0.0.1:53 (DNSSEC bogus)</c>.</summary>
    public string? Detail { get; init; }

    public bool IsSuccess => Status == DnsStatus.Success;

    /// <summary>True when asking again later may help.</summary>
    public bool IsTemporary => Status is DnsStatus.ServerFailure or DnsStatus.Timeout;
}
