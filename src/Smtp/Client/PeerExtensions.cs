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

    public bool Dsn { get; init; }

    public bool EnhancedStatusCodes { get; init; }

    public bool RequireTls { get; init; }

    public bool SizeAnnounced { get; init; }

    /// <summary>Null when SIZE was not announced or without a limit.</summary>
    public long? MaxSizeBytes { get; init; }

    /// <summary>Upper-case SASL mechanism names.</summary>
    public IReadOnlyList<string> AuthMechanisms { get; init; } = [];
}
