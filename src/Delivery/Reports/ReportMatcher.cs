using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Finds the message a report is about, and its recipients.</summary>
/// <remarks>
/// 1. The token of the address it came to, or of the Return-Path in the returned header: signed, so it proves that the reporter had the message.
/// A CFBL-Feedback-ID proves the same of a complaint. 2. Our queue id in the returned header, in Received or Message-ID: 122 random bits that only those know who got the message; enough for a
/// complaint, not for a bounce. 3. The sender's own Message-ID, around the time that Date says: anybody may have read or guessed it, so what it
/// finds is only recorded. 4. Recipients by Original- and Final-Recipient among those of the variant; the only one of it needs no name.
/// </remarks>
internal sealed class ReportMatcher(IQueueStore store, ILateOutcomes late, ReturnPathCodec codec, FeedbackIdCodec feedbackIds, DeliveryOptions options, TimeProvider time)
{
    private const int MaxLooked = 20_000;

    // Clocks of senders differ, and mail waits for its way out.
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan After = TimeSpan.FromMinutes(30);

    public async ValueTask<ReportMatch?> FindAsync(Mailbox address, IncomingReport report, CancellationToken cancellationToken)
    {
        var token = codec.Decode(address.LocalPart) ?? TokenIn(report.OriginalHeader);
        if (token is not null && token.IsOver(time.GetUtcNow()))
        {
            return null;
        }

        if (token is null && FeedbackIdIn(report) is { } feedbackId && feedbackId.Expires > time.GetUtcNow())
        {
            return await store.FindAsync(feedbackId.Message, cancellationToken) is not { } reported
                ? null
                : new ReportMatch(reported.Message, [.. reported.Recipients.Where(recipient => feedbackId.Names(recipient.Address))], IsProved: false);
        }

        var id = token?.Message ?? IdIn(report.OriginalHeader);
        if (id is not { } known || await store.FindAsync(known, cancellationToken) is not { } details)
        {
            return token is null ? await FindByMessageIdAsync(report.OriginalHeader, cancellationToken) : null;
        }

        var variants = token is null ? details.Variants : [.. details.Variants.Where(token.Names)];
        var ids = variants.Select(variant => variant.Id).ToHashSet();
        return ids.Count == 0 ? null : new ReportMatch(details.Message, [.. details.Recipients.Where(r => ids.Contains(r.VariantId))], token is not null);
    }

    private async ValueTask<ReportMatch?> FindByMessageIdAsync(HeaderBlock original, CancellationToken cancellationToken)
    {
        if (original.Value("Message-ID")?.Trim() is not { Length: > 2 } messageId || original.Value("Date") is not { } text || !MailDate.TryParse(text, out var date))
        {
            return null;
        }

        var id = await late.FindByMessageIdAsync(messageId, date - Before, date + After, MaxLooked, cancellationToken);
        return id is { } known && await store.FindAsync(known, cancellationToken) is { } details
            ? new ReportMatch(details.Message, details.Recipients, IsProved: false) { IsByMessageId = true }
            : null;
    }

    private ReturnPathToken? TokenIn(HeaderBlock original) =>
        original.FindAll("Return-Path")
            .Select(field => field.Value.Trim('<', '>', ' '))
            .Select(text => text.Split('@')[0])
            .Where(ReturnPathCodec.IsForm)
            .Select(codec.Decode)
            .FirstOrDefault(token => token is not null);

    private FeedbackId? FeedbackIdIn(IncomingReport report) => report.Kind != ReportKind.Feedback
        ? null
        : new[] { report.Feedback?.FeedbackId, report.OriginalHeader.Value(FeedbackIdCodec.FieldName) }
            .OfType<string>()
            .Select(text => feedbackIds.Decode(text.Trim()))
            .FirstOrDefault(id => id is not null);

    private QueueId? IdIn(HeaderBlock original)
    {
        foreach (var received in original.FindAll("Received").Select(field => field.Value))
        {
            if (received.Contains($"by {options.Hostname} ", StringComparison.OrdinalIgnoreCase)
                && WordBehind(received, " id ") is { } word && QueueId.TryParse(word, out var id))
            {
                return id;
            }
        }

        var messageId = original.Value("Message-ID")?.Trim().Trim('<', '>').Split('@')[0];
        return messageId is not null && QueueId.TryParse(messageId, out var own) ? own : null;
    }

    private static string? WordBehind(string text, string mark)
    {
        var at = text.IndexOf(mark, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : text[(at + mark.Length)..].Split([' ', ';', '\t'], 2)[0];
    }
}

/// <param name="Recipients">Those of the variant the report is about.</param>
/// <param name="IsProved">By a signed token.</param>
internal sealed record ReportMatch(QueuedMessage Message, IReadOnlyList<QueuedRecipient> Recipients, bool IsProved)
{
    /// <summary>By nothing but the Message-ID: not enough for anything to follow.</summary>
    public bool IsByMessageId { get; init; }

    /// <summary>The recipient a report names; the only one of the variant needs no name.</summary>
    public QueuedRecipient? Find(ReportedRecipient reported)
    {
        foreach (var name in new[] { reported.OriginalRecipient, reported.Recipient })
        {
            if (name is not null && Recipients.FirstOrDefault(recipient => IsNamed(recipient, name)) is { } found)
            {
                return found;
            }
        }

        return Recipients.Count == 1 ? Recipients[0] : null;
    }

    private static bool IsNamed(QueuedRecipient recipient, string name) =>
        (Mailbox.TryParse(name, out var mailbox) && SuppressionKey.Of(mailbox) == SuppressionKey.Of(recipient.Address))
        || (recipient.OriginalRecipient is { } original && original.EndsWith(";" + name, StringComparison.OrdinalIgnoreCase));
}
