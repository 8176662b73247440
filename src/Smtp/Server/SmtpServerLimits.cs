namespace Relay.Smtp.Server;

/// <summary>Bounds of one listener; every default is stated with its reason.</summary>
public sealed record SmtpServerLimits
{
    private static readonly TimeSpan ShortestDataRateGrace = TimeSpan.FromSeconds(30);

    /// <summary>Announced with SIZE and enforced while reading, octets of content. 25 MiB is what the large receivers take.</summary>
    public long MaxMessageSizeBytes { get; init; } = 25 * 1024 * 1024;

    /// <summary>Command line with CRLF: 512 of RFC 5321 §4.5.3.1.4 plus what the extensions add.</summary>
    public int MaxCommandLineBytes { get; init; } = 2048;

    /// <summary>AUTH lines (RFC 4954 §4).</summary>
    public int MaxAuthLineBytes { get; init; } = 12_288;

    /// <summary>Recipients per transaction, announced with LIMITS (RFC 9422); RFC 5321 §4.5.3.1.8 asks for at least 100.</summary>
    public int MaxRecipients { get; init; } = 100;

    /// <summary>Transactions per connection, announced with LIMITS (RFC 9422); 421 beyond.</summary>
    public int MaxTransactions { get; init; } = 10_000;

    /// <summary>Replies 4xx/5xx to commands before 421.</summary>
    public int MaxErrors { get; init; } = 20;

    public int MaxAuthFailures { get; init; } = 3;

    /// <summary>Wait for the next command (RFC 5321 §4.5.3.2.7: 5 minutes).</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest silence inside DATA (RFC 5321 §4.5.3.2.5: 3 minutes between blocks).</summary>
    public TimeSpan DataTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>CR or LF alone in content is made CRLF instead of refusing the message; what ends it is CRLF.CRLF either way.</summary>
    public bool ConvertsBareLineEndings { get; init; }

    /// <summary>One TLS handshake.</summary>
    public TimeSpan TlsHandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Deadline of the whole connection.</summary>
    public TimeSpan ConnectionDeadline { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Content slower than this, measured over <see cref="DataRateGrace"/>, ends the connection.</summary>
    public int MinDataRateBytesPerSecond { get; init; } = 240;

    /// <summary>As long as a client may be silent, or one silence would end what <see cref="DataTimeout"/> allows; half a minute at least.</summary>
    public TimeSpan DataRateGrace => DataTimeout > ShortestDataRateGrace ? DataTimeout : ShortestDataRateGrace;

    /// <summary>Open connections of the listener.</summary>
    public int MaxConnections { get; init; } = 2000;

    /// <summary>Open connections of one client address (IPv6: of one /64).</summary>
    public int MaxConnectionsPerAddress { get; init; } = 200;

    /// <summary>Open connections of one network: IPv4 /24, IPv6 /48.</summary>
    public int MaxConnectionsPerNetwork { get; init; } = 500;

    /// <summary>Wait before the greeting, in which a client has nothing to say (RFC 5321 §3.1); zero for none.</summary>
    public TimeSpan GreetingDelay { get; init; }
}
