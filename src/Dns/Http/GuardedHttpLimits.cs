namespace Relay.Dns;

/// <summary>Bounds of one HTTP call.</summary>
public sealed record GuardedHttpLimits
{
    /// <summary>A longer response body is an error, unless <see cref="CutsBody"/>. 64 KiB.</summary>
    public int MaxBodyBytes { get; init; } = 64 * 1024;

    /// <summary>Keeps the beginning of a longer response body and leaves the rest unread: where the status alone matters. Off.</summary>
    public bool CutsBody { get; init; }

    /// <summary>For the whole call: names, connection, TLS, request and response. 10 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Allows http:// as well; off, for what we send and fetch deserves TLS.</summary>
    public bool AllowPlainHttp { get; init; }
}
