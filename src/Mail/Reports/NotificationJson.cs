using System.Text;
using System.Text.Json;

namespace Relay.Mail;

/// <summary>Notifications of a mail service as JSON in a text part, as its queueing service forwards them by mail (Amazon SES over SNS).</summary>
internal static class NotificationJson
{
    private const int MaxLength = 256 * 1024;

    public static bool TryRead(string text, out IncomingReport report)
    {
        report = IncomingReport.None;
        var start = text.IndexOf('{', StringComparison.Ordinal);
        if (start < 0 || text.Length > MaxLength || !text.Contains("notificationType", StringComparison.Ordinal))
        {
            return false;
        }

        // Mail programs of old break long lines with an exclamation mark.
        var json = Encoding.UTF8.GetBytes(text[start..].Replace("!\r\n ", string.Empty, StringComparison.Ordinal).Replace("!\n ", string.Empty, StringComparison.Ordinal));
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
            using var document = JsonDocument.ParseValue(ref reader);
            report = Read(document.RootElement);

            // The queueing service's own envelope holds the notification as a string.
            if (report.Kind == ReportKind.None && Text(document.RootElement, "Message") is { } inner && inner.Length < json.Length)
            {
                return TryRead(inner, out report);
            }

            return report.Kind != ReportKind.None;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static IncomingReport Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return IncomingReport.None;
        }

        if (root.TryGetProperty("bounce", out var bounce))
        {
            return new IncomingReport
            {
                Kind = ReportKind.Delivery,
                Source = ReportSource.Fields,
                ReportingMta = ReportFields.WithoutType(Text(bounce, "reportingMTA")),
                Recipients = [.. Items(bounce, "bouncedRecipients").Select(ReadBounced)],
            };
        }

        return root.TryGetProperty("complaint", out var complaint)
            ? new IncomingReport
            {
                Kind = ReportKind.Feedback,
                Source = ReportSource.Fields,
                FeedbackType = Text(complaint, "complaintFeedbackType") ?? "abuse",
                Recipients = [.. Items(complaint, "complainedRecipients").Select(item => new ReceivedRecipientStatus { FinalRecipient = Text(item, "emailAddress") })],
            }
            : root.TryGetProperty("delivery", out var delivery)
                ? new IncomingReport
                {
                    Kind = ReportKind.Delivery,
                    Source = ReportSource.Fields,
                    Recipients = [.. Items(delivery, "recipients").Where(item => item.ValueKind == JsonValueKind.String).Select(item =>
                        new ReceivedRecipientStatus { FinalRecipient = item.GetString(), Action = DeliveryAction.Delivered, Diagnostic = Text(delivery, "smtpResponse") })],
                }
                : IncomingReport.None;
    }

    private static ReceivedRecipientStatus ReadBounced(JsonElement item) => new()
    {
        FinalRecipient = Text(item, "emailAddress"),
        Action = Text(item, "action") == "delayed" ? DeliveryAction.Delayed : DeliveryAction.Failed,
        Status = EnhancedStatusCode.TryParse(Text(item, "status"), out var code) ? code : null,
        Diagnostic = ReportFields.WithoutType(Text(item, "diagnosticCode")),
    };

    private static IEnumerable<JsonElement> Items(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Take(1000) : [];

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
