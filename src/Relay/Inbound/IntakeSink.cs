using Relay.Mail;
using Relay.Queue;
using Relay.Senders;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>Carries content from an SMTP session to the intake.</summary>
internal sealed class IntakeSink : IMessageSink
{
    private readonly MessageIntake _intake;
    private readonly LocalMailboxes _local;
    private readonly Func<SmtpSession, bool> _obeysHeaders;
    private readonly TimeProvider _time;

    /// <param name="obeysHeaders">May this session ask for things in its header block? From all others these fields are content like any other.</param>
    public IntakeSink(MessageIntake intake, LocalMailboxes local, Func<SmtpSession, bool> obeysHeaders, TimeProvider time)
    {
        _intake = intake;
        _local = local;
        _obeysHeaders = obeysHeaders;
        _time = time;
    }

    public ValueTask<MessageSinkResult> BeginAsync(SmtpSession session, Envelope envelope, CancellationToken cancellationToken)
    {
        var health = _intake.Health;
        var result = health.IsHealthy
            ? new MessageSinkResult(new IntakeWriter(this, session, _local.Forward(envelope)), null)
            : new MessageSinkResult(null, StorageReplies.Unwell);
        return ValueTask.FromResult(result);
    }

    private sealed class IntakeWriter : IMessageWriter
    {
        private readonly MessageIntake _intake;
        private readonly TimeProvider _time;
        private readonly SmtpSession _session;
        private readonly Envelope _envelope;
        private readonly IncomingContent _content;
        private readonly HeaderFilter? _filter;

        public IntakeWriter(IntakeSink sink, SmtpSession session, Envelope envelope)
        {
            _intake = sink._intake;
            _time = sink._time;
            _session = session;
            _envelope = envelope;
            _filter = sink._obeysHeaders(session) ? SubmissionHeaders.NewFilter() : null;
            _content = _intake.Begin();
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
            _filter is null or { IsDone: true } ? _content.WriteAsync(content, cancellationToken) : WriteFilteredAsync(_filter, content, cancellationToken);

        public async ValueTask<SmtpReply> CommitAsync()
        {
            SmtpReply? refusal = null;
            var wishes = SubmissionWishes.None;
            if (_filter is not null)
            {
                await _content.WriteAsync(_filter.End(), CancellationToken.None);
                wishes = SubmissionHeaders.Read(_filter, _time.GetUtcNow(), out refusal);
            }

            if (refusal is not null)
            {
                return refusal;
            }

            var result = await _intake.AcceptAsync(_content, Describe(wishes));
            return result.Refusal ?? SmtpReply.Of(250, "2.0.0", $"accepted as {result.Id}");
        }

        private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;

        public ValueTask DisposeAsync() => _content.DisposeAsync();

        private async ValueTask WriteFilteredAsync(HeaderFilter filter, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            while (!content.IsEmpty)
            {
                var kept = filter.Filter(content, out var consumed);
                content = content[consumed..];
                if (!kept.IsEmpty)
                {
                    await _content.WriteAsync(kept, cancellationToken);
                }
            }
        }

        private Submission Describe(SubmissionWishes wishes) => new()
        {
            Envelope = _envelope,
            Door = Door.Smtp,
            AccountId = _session.AccountId,
            CredentialId = _session.CredentialId,
            User = (_session.Identity as Credential)?.Name,
            CompleteHeaders = true,
            Tags = wishes.Tags,
            Stream = wishes.Stream,
            // The later of the two: who asks twice wants neither to be early.
            NotBefore = Later(wishes.NotBefore, _envelope.NotBefore),
            IdempotencyKey = wishes.IdempotencyKey,
            Trace = new TraceInfo(
                _session.HelloName ?? "unknown",
                _session.Peer.Address,
                _session.ProtocolKeyword(_envelope.SmtpUtf8),
                _session.Tls?.CipherSuite),
        };
    }
}
