using System.Globalization;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>What one recipient of a report means for ours.</summary>
/// <param name="Recipient">Null: none of the message's recipients is meant.</param>
internal sealed record ReportEffect(QueuedRecipient? Recipient, DeliveryAction Action, LateBounce? Bounce, DeliveryEvent? Event);

/// <summary>From a reported recipient to the events it makes.</summary>
internal static class ReportEffects
{
    private const int MaxText = 1000;

    public static ReportEffect Of(ReportedRecipient reported, ReportMatch match, IncomingReport report, DateTimeOffset now)
    {
        var recipient = match.Find(reported);
        var action = reported.Action switch
        {
            "failed" => DeliveryAction.Failed,
            "delayed" => DeliveryAction.Delayed,
            "relayed" => DeliveryAction.Relayed,
            "expanded" => DeliveryAction.Expanded,
            _ => DeliveryAction.Delivered,
        };
        if (recipient is null || action != DeliveryAction.Failed)
        {
            return new ReportEffect(recipient, action, null, Reported(match.Message, recipient, $"{reported.Action}: {TextOf(reported)}", now));
        }

        var verdict = BounceClassifier.Shipped.Classify(reported.Facts);
        var bounced = new DeliveryEvent
        {
            Kind = DeliveryEventKind.Bounced,
            At = now,
            AccountId = match.Message.AccountId,
            MessageId = match.Message.Id,
            RecipientId = recipient.Id,
            Recipient = recipient.Address.ToString(),
            Class = verdict.Class,
            Subclass = verdict.Subclass,
            Fault = verdict.Fault,
            Rule = verdict.Rule,
            IsHard = verdict.IsHard,
            ReplyCode = reported.Facts.ReplyCode,
            EnhancedCode = reported.Facts.Enhanced?.ToString(),
            Text = WithoutCodes(TextOf(reported), reported.Facts),
            Step = "Report",
            RemoteHost = reported.Facts.Host ?? report.ReportingMta,
        };
        return new ReportEffect(recipient, action, new LateBounce(recipient.Id, TextOf(reported), bounced.RemoteHost, bounced), null);
    }

    /// <summary>Recorded on the message; changes nothing.</summary>
    public static DeliveryEvent Reported(QueuedMessage message, QueuedRecipient? recipient, string text, DateTimeOffset now) => new()
    {
        Kind = DeliveryEventKind.Reported,
        At = now,
        AccountId = message.AccountId,
        MessageId = message.Id,
        RecipientId = recipient?.Id,
        Recipient = recipient?.Address.ToString(),
        Text = RemoteText.Clean(text, MaxText),
        Step = "Report",
    };

    // They stand in fields of their own, as those of a live reply do.
    private static string WithoutCodes(string text, BounceFacts facts)
    {
        foreach (var code in new[] { facts.ReplyCode?.ToString(CultureInfo.InvariantCulture), facts.Enhanced?.ToString() })
        {
            text = code is not null && text.StartsWith(code + " ", StringComparison.Ordinal) ? text[(code.Length + 1)..] : text;
        }

        return text;
    }

    private static string TextOf(ReportedRecipient reported) =>
        RemoteText.Clean(reported.Facts.Text.Length > 0 ? reported.Facts.Text : reported.Facts.MoreText ?? reported.Action, MaxText);
}
