using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>Carries content from an SMTP session to the intake.</summary>
internal sealed class IntakeSink : IMessageSink
{
    private readonly MessageIntake _intake;
    private readonly LocalMailboxes _local;

    public IntakeSink(MessageIntake intake, LocalMailboxes local)
    {
        _intake = intake;
        _local = local;
    }

    public ValueTask<MessageSinkResult> BeginAsync(SmtpSession session, Envelope envelope, CancellationToken cancellationToken)
    {
        var health = _intake.Health;
        var result = health.IsHealthy
            ? new MessageSinkResult(new IntakeWriter(_intake, session, _local.Forward(envelope)), null)
            : new MessageSinkResult(null, StorageReplies.Unwell);
        return ValueTask.FromResult(result);
    }

    private sealed class IntakeWriter : IMessageWriter
    {
        private readonly MessageIntake _intake;
        private readonly SmtpSession _session;
        private readonly Envelope _envelope;
        private readonly IncomingContent _content;

        public IntakeWriter(MessageIntake intake, SmtpSession session, Envelope envelope)
        {
            _intake = intake;
            _session = session;
            _envelope = envelope;
            _content = intake.Begin();
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
            _content.WriteAsync(content, cancellationToken);

        public async ValueTask<SmtpReply> CommitAsync()
        {
            var result = await _intake.AcceptAsync(_content, Describe());
            return result.Refusal ?? SmtpReply.Of(250, "2.0.0", $"accepted as {result.Id}");
        }

        public ValueTask DisposeAsync() => _content.DisposeAsync();

        private Submission Describe() => new()
        {
            Envelope = _envelope,
            Door = Door.Smtp,
            AccountId = _session.AccountId,
            CredentialId = _session.CredentialId,
            CompleteHeaders = true,
            Trace = new TraceInfo(
                _session.HelloName ?? "unknown",
                _session.Peer.Address,
                _session.ProtocolKeyword(_envelope.SmtpUtf8),
                _session.Tls?.CipherSuite),
        };
    }
}
