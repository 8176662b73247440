namespace Relay.Smtp.Client;

/// <summary>What the peer announced in its EHLO reply.</summary>
public sealed record PeerExtensions
{
    public static readonly PeerExtensions None = new();

    public bool Pipelining { get; init; }

    public bool EightBitMime { get; init; }

    public bool SmtpUtf8 { get; init; }

    public bool StartTls { get; init; }

    public bool Chunking { get; init; }

    /// <summary>BODY=BINARYMIME (RFC 3030 §3); of use with <see cref="Chunking"/> only.</summary>
    public bool BinaryMime { get; init; }

    public bool Dsn { get; init; }

    public bool EnhancedStatusCodes { get; init; }

    public bool RequireTls { get; init; }

    public bool SizeAnnounced { get; init; }

    /// <summary>Null when SIZE was not announced or without a limit.</summary>
    public long? MaxSizeBytes { get; init; }

    /// <summary>MAILMAX of LIMITS: transactions on one connection (RFC 9422 §4.1); null when the peer does not say.</summary>
    public int? MaxTransactions { get; init; }

    /// <summary>RCPTMAX of LIMITS: recipients in one transaction (RFC 9422 §4.2).</summary>
    public int? MaxRecipients { get; init; }

    /// <summary>RCPTDOMAINMAX of LIMITS: different recipient domains in one transaction (RFC 9422 §4.3).</summary>
    public int? MaxRecipientDomains { get; init; }

    /// <summary>Upper-case SASL mechanism names.</summary>
    public IReadOnlyList<string> AuthMechanisms { get; init; } = [];
}
