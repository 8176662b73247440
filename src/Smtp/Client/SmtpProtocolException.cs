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
}
