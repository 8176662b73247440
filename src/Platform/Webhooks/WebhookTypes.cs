using Relay.Platform.Contacts;
using Relay.Platform.Emails;
using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>The names webhooks know events by; docs/events.md shows the table.</summary>
internal static class WebhookTypes
{
    public const string Test = "webhook.test";
    public const string Disabled = "webhook.disabled";
    public const string Unsubscribed = "email.unsubscribed";

    private static readonly (EmailStatus Status, string Type, string Meaning)[] Emails =
    [
        (EmailStatus.Scheduled, "email.scheduled", "accepted for a later time, or moved to another one"),
        (EmailStatus.Queued, "email.queued", "accepted, due now"),
        (EmailStatus.Sent, "email.sent", "handed to the destination, or kept where the configuration says so"),
        (EmailStatus.DeliveryDelayed, "email.delivery_delayed", "refused for now; another attempt follows"),
        (EmailStatus.Delivered, "email.delivered", "the destination took it"),
        (EmailStatus.Bounced, "email.bounced", "the destination refused it for good"),
        (EmailStatus.Rejected, "email.rejected", "this server refused to send it"),
        (EmailStatus.RenderingFailure, "email.rendering_failure", "its template could not be rendered"),
        (EmailStatus.Complained, "email.complained", "the recipient called it spam"),
        (EmailStatus.Failed, "email.failed", "given up: the time was over"),
        (EmailStatus.Cancelled, "email.cancelled", "withdrawn before it was sent"),
        (EmailStatus.Suppressed, "email.suppressed", "not sent: the recipient is on the suppression list"),
        (EmailStatus.Opened, "email.opened", "the tracking pixel was fetched"),
        (EmailStatus.Clicked, "email.clicked", "a tracked link was followed"),
    ];

    private static readonly Dictionary<EmailStatus, string> ByStatus = Emails.ToDictionary(row => row.Status, row => row.Type);

    /// <summary>Every type with its meaning, in the order of an e-mail's life.</summary>
    public static IReadOnlyList<WebhookType> All { get; } =
    [
        .. Emails.Select(row => new WebhookType(row.Type, row.Meaning)),
        new WebhookType(Unsubscribed, "the recipient wants no more of it"),
        new WebhookType("domain.created", "a sending domain was added"),
        new WebhookType("domain.verified", "a sending domain proved itself in DNS"),
        new WebhookType("domain.failed", "DNS speaks against a sending domain"),
        new WebhookType("domain.deleted", "a sending domain was removed"),
        .. ContactNotices.Types.Select(row => new WebhookType(row.Type, row.Meaning)),
        new WebhookType(Test, "asked for by its owner"),
        new WebhookType(Disabled, "another webhook of the account was switched off after lasting failure"),
    ];

    public static bool IsKnown(string type) => All.Any(known => known.Type == type);

    /// <summary>What an event is told as, in this order; empty for events that concern operators only.</summary>
    public static IReadOnlyList<(string Type, EmailStatus? Status)> Of(DeliveryEvent deliveryEvent) =>
        deliveryEvent.Kind == DeliveryEventKind.Unsubscribed
            ? [(Unsubscribed, null)]
            : [.. EmailStatuses.Of(deliveryEvent).Select(status => (ByStatus[status], (EmailStatus?)status))];
}

/// <param name="Meaning">A few words for people.</param>
internal sealed record WebhookType(string Type, string Meaning);
