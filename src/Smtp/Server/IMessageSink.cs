using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>Where accepted content goes. Thread safe.</summary>
public interface IMessageSink
{
    /// <summary>Called after DATA was allowed, before 354 is sent: a refusal here spares the transfer.</summary>
    ValueTask<MessageSinkResult> BeginAsync(SmtpSession session, Envelope envelope, CancellationToken cancellationToken);
}

/// <summary>Either a writer for the content, or the reply that refuses it.</summary>
public readonly record struct MessageSinkResult(IMessageWriter? Writer, SmtpReply? Refusal);

/// <summary>Takes one message's content as it arrives; disposing without commit leaves nothing behind.</summary>
public interface IMessageWriter : IAsyncDisposable
{
    /// <summary>Undotted content with CRLF line ends, in order.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Makes message and envelope durable; only a durable message may be answered 250. Does not take the caller's token once begun.</summary>
    ValueTask<SmtpReply> CommitAsync();
}
