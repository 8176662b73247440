namespace Relay.Delivery;

/// <summary>What a limit is counted for, over all destinations and sources unless it says otherwise.</summary>
public enum LimitScope
{
    /// <summary>By number.</summary>
    Account,

    /// <summary>By name of the login or API key.</summary>
    User,

    /// <summary><c>transactional</c> or <c>broadcast</c>.</summary>
    Stream,

    /// <summary>The campaign: the first tag.</summary>
    Tag,

    /// <summary>Recipient domain.</summary>
    Domain,

    /// <summary>Site over all sources.</summary>
    Site,

    /// <summary>Egress source over all sites.</summary>
    Source,

    /// <summary>One site from one source.</summary>
    Path,
}

/// <summary>Limits that are counted together; null is no limit.</summary>
public sealed record ThrottleOptions
{
    public MessageRates? MessageRate { get; init; }

    public ByteRate? ByteRate { get; init; }

    public int? MaxConnections { get; init; }

    /// <summary>On one connection, whatever else it carries.</summary>
    public int? MaxMessagesPerConnection { get; init; }

    public int? MaxRecipientsPerTransaction { get; init; }

    public bool IsEmpty => this is { MessageRate: null, ByteRate: null, MaxConnections: null, MaxMessagesPerConnection: null, MaxRecipientsPerTransaction: null };
}
