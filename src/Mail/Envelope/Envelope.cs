namespace Relay.Mail;

/// <summary>Reverse-path, recipients and parameters of one transaction (RFC 5321 §2.3.1).</summary>
public sealed record Envelope
{
    public required ReversePath ReversePath { get; init; }

    public required IReadOnlyList<EnvelopeRecipient> Recipients { get; init; }

    public BodyType BodyType { get; init; }

    public bool SmtpUtf8 { get; init; }

    /// <summary>RFC 8689: every hop must use verified TLS.</summary>
    public bool RequireTls { get; init; }

    /// <summary>RET of RFC 3461 §4.3.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>ENVID of RFC 3461 §4.4, decoded from xtext; null when absent.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>FUTURERELEASE of RFC 4865: not to be delivered before; null for at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }
}
