using Relay.Mail;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Reply and step → outcome. Temporary unless certain: a permanent failure needs a clear 5xx about this mail, not about the connection.</summary>
internal static class OutcomeClassifier
{
    /// <summary>What the transaction's result means for one recipient.</summary>
    /// <param name="failure">Why the connection broke, when it did.</param>
    public static AttemptOutcome Classify(RecipientResult result, string? failure)
    {
        if (result.Reply is not { } reply)
        {
            return WithoutReply(result, failure);
        }

        if (result.IsOurs)
        {
            return FromReply(reply, result.Step) with { Reply = null };
        }

        if (reply.IsPositive && result.Step == TransactionStep.FinalDot)
        {
            return new AttemptOutcome
            {
                Kind = OutcomeKind.Delivered,
                Status = reply.Enhanced is { Class: 2 } code ? code : new EnhancedStatusCode(2, 0, 0),
                Text = RemoteText.Clean(reply.Text, MaxText),
                Reply = reply,
                Step = result.Step,
            };
        }

        return FromReply(reply, result.Step);
    }

    /// <summary>No transaction came about: what the host said, or how the connection failed.</summary>
    public static AttemptOutcome ConnectionFailed(TransactionStep step, SmtpReply? reply, string message)
    {
        if (reply is null)
        {
            return step switch
            {
                TransactionStep.Connect => Ours(OutcomeKind.Deferred, step, BounceClass.Network, message, (4, 1)),
                TransactionStep.StartTls => Ours(OutcomeKind.Deferred, step, BounceClass.Tls, message, (7, 5)),
                TransactionStep.Authentication => Ours(OutcomeKind.Deferred, step, BounceClass.Authentication, message, (7, 0)),
                _ => Ours(OutcomeKind.Deferred, step, BounceClass.Network, message, (4, 2)),
            };
        }

        // RFC 7504 §3: 521 says for certain that the host never accepts mail. Every other refusal before MAIL is about us or the moment.
        return reply.Code == 521 && step == TransactionStep.Greeting
            ? Theirs(OutcomeKind.Rejected, reply, step)
            : Theirs(OutcomeKind.Deferred, reply, step);
    }

    /// <summary>True when another host of the same domain may do better: the trouble is of this host, not of this mail.</summary>
    public static bool IsHostTrouble(AttemptOutcome outcome) =>
        outcome.Kind == OutcomeKind.Deferred && outcome.Step is < TransactionStep.Recipient;

    /// <summary>
    /// The peer takes fewer recipients in one transaction than we sent (RFC 5321 §4.5.3.1.10): the rest may go at once in the next one.
    /// </summary>
    public static bool IsTooManyRecipients(RecipientResult result) =>
        result is { Step: TransactionStep.Recipient, Reply: { Code: 452 or 552 } reply }
        && reply.Enhanced is null or { Subject: 5, Detail: 3 };

    private const int MaxText = 1000;

    private static AttemptOutcome FromReply(SmtpReply reply, TransactionStep step) =>
        Theirs(IsCertain(reply, step) ? OutcomeKind.Rejected : OutcomeKind.Deferred, reply, step);

    private static bool IsCertain(SmtpReply reply, TransactionStep step) => (reply.Code, step) switch
    {
        // Also positive and intermediate replies where they make no sense: trouble of the protocol, not of the mail.
        ( < 500, _) => false,

        // Our commands are in order and known to every server: such a reply tells of confusion, often of a middle box.
        (500 or 502 or 503, _) => false,

        // It wants TLS or a login from us: that is between the hosts, and an operator may mend it.
        (530 or 534 or 535 or 538, _) => false,

        // RFC 5321 §4.5.3.1.10: too many recipients was 552 in older servers; a quota says so by its own code.
        (552, TransactionStep.Recipient) => reply.Enhanced is { } code && (code.Subject, code.Detail) != (5, 3),
        _ => true,
    };

    private static AttemptOutcome WithoutReply(RecipientResult result, string? failure)
    {
        var reason = failure ?? "the connection was lost";
        return result.MayHaveBeenAccepted
            ? Ours(OutcomeKind.Unknown, result.Step, BounceClass.Unknown, $"{reason}; the peer may have accepted the message", (4, 2))
            : Ours(OutcomeKind.Deferred, result.Step, BounceClass.Network, reason, (4, 2));
    }

    private static AttemptOutcome Ours(OutcomeKind kind, TransactionStep step, string bounceClass, string text, (int Subject, int Detail) status) => new()
    {
        Kind = kind,
        Status = new EnhancedStatusCode(4, status.Subject, status.Detail),
        Text = RemoteText.Clean(text, MaxText),
        Class = bounceClass,
        Fault = BounceClass.FaultOf(bounceClass),
        Step = step,
    };

    private static AttemptOutcome Theirs(OutcomeKind kind, SmtpReply reply, TransactionStep step)
    {
        var verdict = BounceClass.Of(reply, step);
        var statusClass = kind == OutcomeKind.Rejected ? 5 : 4;
        var (subject, detail) = reply.Enhanced is { } code ? (code.Subject, code.Detail) : BounceRules.Shipped.Subclasses[verdict.Subclass].Status;
        return new AttemptOutcome
        {
            Kind = kind,
            Status = new EnhancedStatusCode(statusClass, subject, detail),
            Text = RemoteText.Clean(reply.Text, MaxText),
            Reply = reply,
            Class = verdict.Class,
            Fault = verdict.Fault,
            Verdict = verdict,
            Step = step,
        };
    }
}
