using Relay.Mail;
using Relay.Platform.Emails;
using Relay.Queue;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>Carries content from an SMTP session to the intake.</summary>
internal sealed class IntakeSink : IMessageSink
{
    private readonly MessageIntake _intake;
    private readonly SubmissionIntake _submissions;
    private readonly LocalMailboxes _local;
    private readonly BouncePolicy _bounces;
    private readonly ReceivedDomains _received;
    private readonly SubmissionPolicy _policy;
    private readonly SubmissionFixUps? _fixUps;
    private readonly TimeProvider _time;

    /// <param name="policy">Says who may relay, and whose wishes in the header block are obeyed: those of all others are content like any other.</param>
    /// <param name="fixUps">Null: messages are left as they are.</param>
    public IntakeSink(
        MessageIntake intake, SubmissionIntake submissions, LocalMailboxes local, BouncePolicy bounces, ReceivedDomains received, SubmissionPolicy policy,
        SubmissionFixUps? fixUps, TimeProvider time)
    {
        _intake = intake;
        _submissions = submissions;
        _local = local;
        _bounces = bounces;
        _received = received;
        _policy = policy;
        _fixUps = fixUps;
        _time = time;
    }

    public ValueTask<MessageSinkResult> BeginAsync(SmtpSession session, Envelope envelope, CancellationToken cancellationToken)
    {
        var result = _intake.Health.IsHealthy
            ? new MessageSinkResult(NewWriter(session, _local.Forward(envelope)), null)
            : new MessageSinkResult(null, StorageReplies.Unwell);
        return ValueTask.FromResult(result);
    }

    private IntakeWriter NewWriter(SmtpSession session, Envelope envelope)
    {
        // A report is read as it came, whoever hands it in.
        var isReport = envelope.Recipients.Count > 0 && envelope.Recipients.All(recipient => _bounces.IsOurs(recipient.Mailbox));
        var mayRelay = _policy.MayRelay(session);
        var fixUps = !isReport && mayRelay ? _fixUps : null;

        // What strangers write to us is none of our senders' mail, and does not count as such; what of it is passed on, to the postmaster, is not signed.
        var isReceived = envelope.Recipients.Count > 0 && envelope.Recipients.All(recipient => _received.IsOurs(recipient.Mailbox));
        var obeysHeaders = !isReport && _policy.ObeysHeaders(session);
        return new IntakeWriter(_intake.Begin(), _submissions, _policy, session, envelope, fixUps, obeysHeaders, _time)
        {
            Door = isReport || !mayRelay ? Door.Internal : Door.Smtp,
            IsForeign = !isReport && !mayRelay && !isReceived,
            IsForReports = _bounces.IsOurs,
            IsSubmission = !isReport && mayRelay,
            MaxBytes = _received.MaxBytes(envelope),
        };
    }
}
