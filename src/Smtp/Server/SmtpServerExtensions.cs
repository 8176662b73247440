namespace Relay.Smtp.Server;

/// <summary>Extensions that a listener may have or not; the others are always there.</summary>
public sealed record SmtpServerExtensions
{
    /// <summary>Longest time for which a client may ask to keep a message back, announced with FUTURERELEASE (RFC 4865); zero: not announced.</summary>
    public TimeSpan MaxHold { get; init; }

    /// <summary>REQUIRETLS (RFC 8689) is announced under TLS.</summary>
    public bool RequireTls { get; init; }
}
