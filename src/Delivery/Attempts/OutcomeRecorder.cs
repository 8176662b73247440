using System.Globalization;
using Microsoft.Extensions.Logging;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Turns outcomes into the settlement: state, next attempt, event and report, in one transaction. The only way out of an attempt.</summary>
/// <remarks>
/// A store that cannot settle now is asked again with growing pauses until it can or delivery is cut: the recipients stay leased, so nobody
/// else touches them, and a restart gives them back. The outcome may then be repeated, never lost.
/// </remarks>
internal sealed class OutcomeRecorder(
    DeliveryOptions options,
    IQueueStore store,
    BounceWriter bounces,
    DeliveryMetrics metrics,
    ILogger<OutcomeRecorder> logger,
    TimeProvider time,
    Random random)
{
    private const int MaxText = 1000;
    private const int MaxConversation = 4096;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <param name="cutToken">Ends the repetition for a store that stays unwell; never a settle that has begun.</param>
    public async ValueTask RecordAsync(DeliveryJob job, EgressPath path, AttemptResult result, CancellationToken cutToken)
    {
        var now = time.GetUtcNow();

        // One for all: recipients that wait for the same come again in one transaction, or one call.
        var jitter = random.NextDouble();
        var decisions = result.Outcomes.Select(o => Decide(job, path, o, now, jitter)).ToList();
        var reported = decisions.Where(d => d.Action is not null).Select(d => new ReportedOutcome(d.Recipient, d.Outcome, d.Action!.Value)).ToList();
        var settlement = new Settlement
        {
            Lease = job.Task.Lease,
            MessageId = job.Task.Message.Id,
            VariantId = job.Task.Variant.Id,
            Recipients = decisions.Select(d => d.Settlement).ToList(),
            Signature = decisions.Exists(d => !d.Settlement.State.IsFinal()) ? result.Signature : null,
        };
        var isSettled = await SettleWithPatienceAsync(job, settlement, reported, cutToken);
        Tell(job, path, decisions, isSettled);
    }

    /// <summary>State, event and reported outcome of one recipient.</summary>
    private Decision Decide(DeliveryJob job, EgressPath path, RecipientOutcome outcome, DateTimeOffset now, double jitter)
    {
        var (recipient, attempt) = (outcome.Recipient, outcome.Outcome);
        var attempts = recipient.Attempts + (attempt.Kind is OutcomeKind.NotAttempted or OutcomeKind.Suppressed or OutcomeKind.Held ? 0 : 1);
        var expiresAt = job.Task.Message.ExpiresAt;
        var isHeld = attempt.Kind == OutcomeKind.Unknown && options.OnUnknown == UnknownOutcome.Hold;
        DateTimeOffset? next = attempt.Kind switch
        {
            OutcomeKind.Unknown when isHeld => null,
            OutcomeKind.NotAttempted => attempt.RetryAt,
            OutcomeKind.Deferred when attempt.RetryAt is { } asked && now < expiresAt => asked < expiresAt ? asked : expiresAt,
            OutcomeKind.Deferred or OutcomeKind.Unknown => RetryOf(job, path).Next(attempts, now, expiresAt, jitter),
            _ => null,
        };
        var (state, kind) = (attempt.Kind, next) switch
        {
            (OutcomeKind.Delivered, _) => (RecipientState.Delivered, DeliveryEventKind.Delivered),
            (OutcomeKind.Captured, _) => (RecipientState.Captured, DeliveryEventKind.Captured),
            (OutcomeKind.Held, _) => (RecipientState.Held, DeliveryEventKind.Held),
            (OutcomeKind.Suppressed, _) => (RecipientState.Suppressed, DeliveryEventKind.Suppressed),
            (OutcomeKind.Rejected, _) => (RecipientState.Bounced, DeliveryEventKind.Bounced),
            _ when isHeld => (RecipientState.Held, DeliveryEventKind.Held),
            (_, null) => (RecipientState.Expired, DeliveryEventKind.Expired),
            _ => (RecipientState.Deferred, DeliveryEventKind.Deferred),
        };
        if (state == RecipientState.Expired)
        {
            attempt = Expired(attempt, attempts);
        }

        var action = ActionOf(job, recipient, attempt, state, now);
        var settlement = new RecipientSettlement
        {
            IsDelayReported = action == DeliveryAction.Delayed,
            RecipientId = recipient.Id,
            State = state,
            Attempts = attempts,
            NextAttempt = next,
            LastReply = RemoteText.Clean(attempt.Reply?.ToString() ?? attempt.Text, MaxText),
            LastHost = HostText(attempt),
            Event = EventOf(job, path, recipient, attempt, kind, now) with { Attempt = attempts == 0 ? null : attempts, NextAttempt = next },
        };
        return new Decision(recipient, attempt, settlement, action);
    }

    private RetrySchedule RetryOf(DeliveryJob job, EgressPath path) => path.Limits.RetryOf(job.Task.Message.Stream, options).Value;

    /// <summary>What a report would say; null when there is nothing to report, wanted or not.</summary>
    private DeliveryAction? ActionOf(DeliveryJob job, QueuedRecipient recipient, AttemptOutcome attempt, RecipientState state, DateTimeOffset now) => state switch
    {
        // Whoever stands in MAIL of a stranger's mail may never have written it; nobody but our own senders is told.
        _ when job.Route.Kind == RouteKind.Received && job.Task.Message.CredentialId is null => null,
        RecipientState.Bounced or RecipientState.Expired => DeliveryAction.Failed,

        // RFC 3461 §5.2.2: a peer without DSN will not tell; where there is no peer the mail has arrived.
        RecipientState.Delivered when recipient.Notify.HasFlag(DsnNotify.Success) && !attempt.IsPassedToDsnPeer =>
            job.Route.IsRemote ? DeliveryAction.Relayed : DeliveryAction.Delivered,
        RecipientState.Deferred when attempt.IsFailure && IsLate(job.Task.Message, recipient, now) => DeliveryAction.Delayed,
        _ => null,
    };

    private bool IsLate(QueuedMessage message, QueuedRecipient recipient, DateTimeOffset now) =>
        options.Reports.DelayWarning > TimeSpan.Zero
        && !recipient.IsDelayReported
        && now - (message.NotBefore ?? message.AcceptedAt) >= options.Reports.DelayWarning
        && BounceWriter.IsWanted(message, recipient, DeliveryAction.Delayed);

    // RFC 3463 §3.5: X.4.7, delivery time expired; what was tried last stays readable behind it.
    private static AttemptOutcome Expired(AttemptOutcome last, int attempts) => last with
    {
        Status = new EnhancedStatusCode(5, 4, 7),
        Class = BounceClass.Expired,
        Text = string.Create(CultureInfo.InvariantCulture, $"gave up after {attempts} attempts; the last one: {last.Text}"),
    };

    private static DeliveryEvent EventOf(
        DeliveryJob job, EgressPath path, QueuedRecipient recipient, AttemptOutcome outcome, DeliveryEventKind kind, DateTimeOffset now)
    {
        return new DeliveryEvent
        {
            Kind = kind,
            At = now,
            AccountId = job.Task.Message.AccountId,
            MessageId = job.Task.Message.Id,
            RecipientId = recipient.Id,
            Recipient = recipient.Address.ToString(),
            Fault = outcome.Fault,
            Class = outcome.Class,
            Subclass = outcome.Verdict?.Subclass,
            Rule = outcome.Verdict?.Rule,
            IsHard = outcome.Verdict?.IsHard,
            ReplyCode = outcome.Reply?.Code,
            EnhancedCode = (outcome.Reply is null ? outcome.Status : outcome.Reply.Enhanced)?.ToString(),
            Text = RemoteText.Clean(outcome.Text, MaxText),
            Step = outcome.Step?.ToString(),
            RemoteHost = outcome.RemoteHost,
            RemoteAddress = outcome.RemoteAddress,
            Tls = outcome.Tls,
            Site = path.Site.Name,
            Source = job.Route.IsRemote ? path.Source.Name : null,
            DurationMs = (int)Math.Min(int.MaxValue, (now - job.LeasedAt).TotalMilliseconds),
            Conversation = Shorten(outcome.Conversation),
        };
    }

    private async ValueTask<bool> SettleWithPatienceAsync(
        DeliveryJob job, Settlement settlement, IReadOnlyList<ReportedOutcome> reported, CancellationToken cutToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await SettleAsync(job, settlement, reported);
            }
            catch (Exception exception) when (exception is StoreUnavailableException or SpoolException)
            {
                DeliveryLog.SettleFailed(logger, job.Task.Message.Id, exception);
                await Task.Delay(pause, time, cutToken);
            }
        }
    }

    private async ValueTask<bool> SettleAsync(DeliveryJob job, Settlement settlement, IReadOnlyList<ReportedOutcome> reported)
    {
        if (reported.Count == 0 || await PrepareReportAsync(job, reported) is not { } report)
        {
            return await store.SettleAsync(settlement);
        }

        bool? isSettled = null;
        var accepted = await bounces.SendAsync(report, job.Task.Message, async drafts =>
            isSettled = await store.SettleAsync(settlement with { Reports = drafts }));
        if (isSettled is null)
        {
            if (accepted.Refusal is not { IsPermanent: true })
            {
                throw new StoreUnavailableException($"the report was not accepted: {accepted.Refusal?.ToString() ?? "no reply"}");
            }

            // Refused for good before the commit: the outcome counts all the same.
            DeliveryLog.ReportRefused(logger, job.Task.Message.Id, accepted.Refusal.ToString());
            return await store.SettleAsync(settlement);
        }

        metrics.ReportSent(isSettled.Value);
        return isSettled.Value;
    }

    /// <summary>A report about content that is gone cannot be made; the outcome must not wait for it.</summary>
    private async ValueTask<BounceReport?> PrepareReportAsync(DeliveryJob job, IReadOnlyList<ReportedOutcome> reported)
    {
        try
        {
            return await bounces.PrepareAsync(job.Task, reported);
        }
        catch (SpoolException exception)
        {
            DeliveryLog.ReportImpossible(logger, job.Task.Message.Id, exception);
            return null;
        }
    }

    private void Tell(DeliveryJob job, EgressPath path, IReadOnlyList<Decision> decisions, bool isSettled)
    {
        if (!isSettled)
        {
            metrics.StaleSettle();
            DeliveryLog.StaleSettle(logger, job.Task.Message.Id, decisions.Count);
            return;
        }

        foreach (var (recipient, outcome, settlement, _) in decisions)
        {
            metrics.Outcome(settlement.State, outcome.Class);
            if (settlement.State.IsFinal())
            {
                DeliveryLog.RecipientFinal(
                    logger, job.Task.Message.Id, recipient.Address.DomainText, settlement.State, outcome.Status, path.Site.Name, outcome.RemoteHost, settlement.Attempts);
            }
            else
            {
                DeliveryLog.RecipientDeferred(
                    logger, job.Task.Message.Id, recipient.Address.DomainText, outcome.Status, outcome.Class, settlement.NextAttempt);
            }
        }
    }

    private static string? HostText(AttemptOutcome outcome) =>
        outcome.RemoteHost is { } host ? outcome.RemoteAddress is { } address ? $"{host} [{address}]" : host : null;

    private static string? Shorten(string? conversation) =>
        conversation is { Length: > MaxConversation } ? conversation[..MaxConversation] : conversation;

    private readonly record struct Decision(QueuedRecipient Recipient, AttemptOutcome Outcome, RecipientSettlement Settlement, DeliveryAction? Action);
}
