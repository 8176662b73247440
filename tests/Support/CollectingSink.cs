using Relay.Mail;
using Relay.Smtp.Server;

namespace Relay.Tests.Support;

/// <summary>Keeps what was committed; refuses or fails on demand.</summary>
public sealed class CollectingSink : IMessageSink
{
    private readonly Lock _gate = new();
    private readonly List<CollectedMessage> _messages = [];

    /// <summary>Committed messages, in order.</summary>
    public IReadOnlyList<CollectedMessage> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    /// <summary>Answer to DATA instead of 354.</summary>
    public SmtpReply? Refusal { get; set; }

    /// <summary>Answer to the content; a message is kept only when it is positive.</summary>
    public SmtpReply Reply { get; set; } = SmtpReply.Of(250, "2.0.0", "Ok: queued");

    /// <summary>Thrown by <see cref="IMessageWriter.WriteAsync"/>.</summary>
    public Exception? WriteFailure { get; set; }

    /// <summary>Thrown by <see cref="IMessageWriter.CommitAsync"/>.</summary>
    public Exception? CommitFailure { get; set; }

    /// <summary>Thrown by <see cref="BeginAsync"/>.</summary>
    public Exception? BeginFailure { get; set; }

    /// <summary>Writers that were begun and not yet disposed.</summary>
    public int OpenWriters { get; private set; }

    public ValueTask<MessageSinkResult> BeginAsync(SmtpSession session, Envelope envelope, CancellationToken cancellationToken)
    {
        if (BeginFailure is not null)
        {
            throw BeginFailure;
        }

        if (Refusal is not null)
        {
            return ValueTask.FromResult(new MessageSinkResult(null, Refusal));
        }

        lock (_gate)
        {
            OpenWriters++;
        }

        return ValueTask.FromResult(new MessageSinkResult(new Writer(this, session, envelope), null));
    }

    private sealed class Writer(CollectingSink sink, SmtpSession session, Envelope envelope) : IMessageWriter
    {
        private readonly MemoryStream _content = new();
        private bool _disposed;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            if (sink.WriteFailure is not null)
            {
                throw sink.WriteFailure;
            }

            _content.Write(content.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask<SmtpReply> CommitAsync()
        {
            if (sink.CommitFailure is not null)
            {
                throw sink.CommitFailure;
            }

            if (sink.Reply.IsPositive)
            {
                lock (sink._gate)
                {
                    sink._messages.Add(new CollectedMessage(session, envelope, _content.ToArray()));
                }
            }

            return ValueTask.FromResult(sink.Reply);
        }

        public ValueTask DisposeAsync()
        {
            lock (sink._gate)
            {
                if (!_disposed)
                {
                    _disposed = true;
                    sink.OpenWriters--;
                }
            }

            return ValueTask.CompletedTask;
        }
    }
}

public sealed record CollectedMessage(SmtpSession Session, Envelope Envelope, byte[] Content);
