using Relay.Mail;

namespace Relay.Queue;

/// <summary>Header fields that the configuration asks for in the mail of a stream. They are prepended as the trace is, so that signatures cover them.</summary>
public interface IStreamFields
{
    StreamFields For(QueuedMessage message, HeaderBlock header);
}

/// <param name="Shared">Complete fields for all recipients, CRLF lines; empty for none.</param>
/// <param name="Own">Further fields of one recipient that no other may see, so that each gets a copy of its own; null: all share one.</param>
public sealed record StreamFields(string Shared, Func<Mailbox, string>? Own)
{
    public static readonly StreamFields None = new(string.Empty, null);
}
