namespace Relay.Smtp.Client;

/// <summary>How to speak to one peer.</summary>
public sealed record SmtpClientOptions
{
    /// <summary>Name sent with EHLO.</summary>
    public required string EhloName { get; init; }

    public SmtpClientTimeouts Timeouts { get; init; } = new();

    /// <summary>Reply lines longer than this end the connection; RFC 5321 §4.5.3.1.5 says 512.</summary>
    public int MaxReplyLineBytes { get; init; } = 4096;

    /// <summary>Lines of one reply; more end the connection. The longest EHLO replies in the field have about thirty.</summary>
    public int MaxReplyLines { get; init; } = 200;

    /// <summary>Octets of one reply in all its lines; more end the connection.</summary>
    public int MaxReplyBytes { get; init; } = 64 * 1024;
    /// <summary>Speak LMTP: LHLO, and one reply for each recipient behind the final dot (RFC 2033).</summary>
    public bool IsLmtp { get; init; }

    /// <summary>Lets <see cref="SmtpClientSession.AuthenticateAsync"/> send a password over a connection without TLS; for loopback relays only.</summary>
    public bool AllowPlaintextAuthentication { get; init; }

    /// <summary>The conversation keeps at most this many octets, first and last steps preferred.</summary>
    public int MaxConversationBytes { get; init; } = 4096;
}
