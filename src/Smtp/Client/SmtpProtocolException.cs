using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>The peer refused a step or broke the protocol outside a transaction; carries the step and, where there was one, the reply.</summary>
public sealed class SmtpProtocolException : Exception
{
    public SmtpProtocolException(TransactionStep step, SmtpReply? reply, string message, Exception? inner = null)
        : base(message, inner)
    {
        Step = step;
        Reply = reply;
    }

    public TransactionStep Step { get; }

    /// <summary>Null when there was none: timeout, garbage, closed connection.</summary>
    public SmtpReply? Reply { get; }

    /// <summary>How a TLS handshake failed; None when it was not one.</summary>
    public HandshakeFailure Handshake { get; init; }
}

/// <summary>Which kind of TLS trouble it was.</summary>
public enum HandshakeFailure
{
    None,

    /// <summary>Stalled, lost, or the two sides could not agree: older protocol versions may do.</summary>
    Broken,

    /// <summary>The peer's certificate did not satisfy us.</summary>
    Certificate,
}
