using Relay.Mail;
using Relay.Platform.Quotas;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Emails;

/// <summary>What SMTP submissions share with the API: quotas count both, and an idempotency key means the same at either door.</summary>
/// <remarks>
/// 1. With a key: answer as before, or claim it. 2. Take from the quotas. 3. One commit: the message and the key. What is not accepted in
/// the end is not counted and does not use up its key.
/// </remarks>
public sealed class SubmissionIntake
{
    private readonly MessageIntake _intake;
    private readonly IdempotencyKeys _keys;
    private readonly IEmailQuota _quota;
    private readonly IEmailStore _store;

    public SubmissionIntake(MessageIntake intake, IdempotencyKeys keys, IEmailQuota quota, IEmailStore store)
    {
        _intake = intake;
        _keys = keys;
        _quota = quota;
        _store = store;
    }

    /// <param name="sender">Whose quotas it counts for; null: mail that none of our senders sends, such as what is received and reports.</param>
    /// <param name="digest">Of envelope and content, to tell a repetition from another message; looked at only with a key.</param>
    /// <returns>The id, of this message or of the one that was accepted under its key before; or the refusal.</returns>
    /// <exception cref="StoreUnavailableException">Keys or counts cannot be read; nothing was accepted.</exception>
    public async ValueTask<IntakeResult> AcceptAsync(IncomingContent content, Submission submission, QuotaSender? sender, ReadOnlyMemory<byte> digest)
    {
        if (submission.IdempotencyKey is not { } key)
        {
            return await CountAndStoreAsync(content, submission, sender, claim: null);
        }

        if ((await _keys.ClaimAsync(submission.AccountId, key, digest, CancellationToken.None)).Failed(out var fault, out var claim))
        {
            return Refused(fault.RetryAfter is null
                ? SmtpReply.Of(554, "5.6.0", $"{IdempotencyKeys.HeaderName}: this key was used for another message within a day; choose a new one")
                : InWork());
        }

        using (claim)
        {
            return claim.Earlier is { } earlier
                ? new IntakeResult { Id = earlier.Ids[0] }
                : await CountAndStoreAsync(content, submission, sender, claim);
        }
    }

    private async ValueTask<IntakeResult> CountAndStoreAsync(
        IncomingContent content, Submission submission, QuotaSender? counted, IdempotencyClaim? claim)
    {
        if (counted is not { } sender)
        {
            return await StoreAsync(content, submission, claim);
        }

        var domain = content.FromDomain ?? submission.Envelope.ReversePath.Mailbox?.Domain;
        IReadOnlyList<QuotaPart> parts = [new(domain, new QuotaAmount(1, submission.Envelope.Recipients.Count))];
        if (await _quota.TryTakeAsync(sender, parts, CancellationToken.None) is { } refusal)
        {
            return Refused(QuotaReplies.Of(refusal));
        }

        var isAccepted = false;
        try
        {
            var result = await StoreAsync(content, submission, claim);
            isAccepted = result.Id is not null;
            return result;
        }
        finally
        {
            if (!isAccepted)
            {
                await _quota.RefundAsync(sender, parts, CancellationToken.None);
            }
        }
    }

    private async ValueTask<IntakeResult> StoreAsync(IncomingContent content, Submission submission, IdempotencyClaim? claim)
    {
        if (claim is null)
        {
            return await _intake.AcceptAsync(content, submission);
        }

        try
        {
            return await _intake.AcceptAsync(
                content,
                submission,
                drafts => _store.CreateAsync([], drafts, claim.Entry([drafts[0].Message.Id], drafts[0].Message.AcceptedAt)));
        }
        catch (DuplicateEntryException)
        {
            return Refused(InWork());
        }
    }

    private static SmtpReply InWork() =>
        SmtpReply.Of(451, "4.3.0", $"{IdempotencyKeys.HeaderName}: a message with this key is being stored; try again in a moment");

    private static IntakeResult Refused(SmtpReply reply) => new() { Refusal = reply };
}
