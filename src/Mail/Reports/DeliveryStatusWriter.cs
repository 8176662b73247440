using System.Text;

namespace Relay.Mail;

/// <summary>The body of a <see cref="DeliveryStatusReport"/>.</summary>
internal static class DeliveryStatusWriter
{
    public static ComposedPart Body(DeliveryStatusReport report) => ComposedPart.Multipart(
        "report",
        [TextPart(report), StatusPart(report), .. OriginalParts(report)],
        new KeyValuePair<string, string>("report-type", "delivery-status"));

    public static bool NeedsEightBit(DeliveryStatusReport report) =>
        (report.OpenOriginal is not null && report.OriginalBodyType != BodyType.SevenBit)
        || (IsGlobal(report) && report.NeedsSmtpUtf8);

    // RFC 6533 §3: any address that is not ASCII, given or original.
    private static bool IsGlobal(DeliveryStatusReport report) => report.Recipients.Any(
        recipient => recipient.FinalRecipient.NeedsSmtpUtf8 || !Ascii.IsValid(recipient.OriginalRecipient ?? string.Empty));

    private static ComposedPart TextPart(DeliveryStatusReport report) =>
        TransferEncoding.TextPart("text/plain; charset=utf-8", TransferEncoding.CanonicalText(DeliveryStatusText.Body(report)))
            .Add("Content-Description", "Notification");

    private static ComposedPart StatusPart(DeliveryStatusReport report)
    {
        var isGlobal = IsGlobal(report);
        var groups = new StringBuilder().Append(MessageGroup(report));
        foreach (var recipient in report.Recipients)
        {
            groups.Append("\r\n").Append(RecipientGroup(recipient, isGlobal));
        }

        var content = Encoding.UTF8.GetBytes(groups.ToString());
        var type = isGlobal ? "message/global-delivery-status" : "message/delivery-status";

        // RFC 6533 §4: 8bit where it can pass, an encoding only for the way through a 7-bit host.
        var part = isGlobal && report.NeedsSmtpUtf8
            ? new ComposedPart(type, "8bit", content)
            : TransferEncoding.TextPart(type, content);
        return part.Add("Content-Description", "Delivery report");
    }

    private static string MessageGroup(DeliveryStatusReport report)
    {
        var group = new StringBuilder();
        AddText(group, "Original-Envelope-Id", report.EnvelopeId, isGlobal: false);
        AddText(group, "Reporting-MTA", "dns; " + report.ReportingMta, isGlobal: false);
        AddDate(group, "Arrival-Date", report.ArrivalDate);
        return group.ToString();
    }

    private static string RecipientGroup(RecipientReport recipient, bool isGlobal)
    {
        var group = new StringBuilder();
        AddText(group, "Original-Recipient", OriginalRecipient(recipient), isGlobal);
        var type = recipient.FinalRecipient.NeedsSmtpUtf8 ? "utf-8; " : "rfc822; ";
        AddText(group, "Final-Recipient", type + recipient.FinalRecipient, isGlobal);
        AddText(group, "Action", recipient.Action.ToString().ToLowerInvariant(), isGlobal);
        AddText(group, "Status", recipient.Status.ToString(), isGlobal);
        AddText(group, "Remote-MTA", recipient.RemoteMta is { } host ? "dns; " + host : null, isGlobal);
        AddText(group, "Diagnostic-Code", Diagnostic(recipient), isGlobal);
        AddDate(group, "Last-Attempt-Date", recipient.LastAttempt);
        AddDate(group, "Will-Retry-Until", recipient.Action == DeliveryAction.Delayed ? recipient.WillRetryUntil : null);
        return group.ToString();
    }

    private static string? OriginalRecipient(RecipientReport recipient)
    {
        var text = recipient.OriginalRecipient;
        return text is null || text.IndexOf(';', StringComparison.Ordinal) is var semicolon && semicolon < 0
            ? text
            : $"{text[..semicolon].Trim()}; {text[(semicolon + 1)..].Trim()}";
    }

    // RFC 3464 §2.3.6: "smtp" marks the text of a real reply, an own type everything else.
    private static string? Diagnostic(RecipientReport recipient) => recipient switch
    {
        { Reply: { } reply } => "smtp; " + reply,
        { Diagnostic: { } text } => "X-Relay; " + text,
        _ => null,
    };

    private static void AddText(StringBuilder group, string name, string? value, bool isGlobal)
    {
        if (!string.IsNullOrWhiteSpace(value))
        {
            group.Append(HeaderFolding.Field(name, isGlobal ? value : ToAscii(value)));
        }
    }

    private static void AddDate(StringBuilder group, string name, DateTimeOffset? date)
    {
        if (date is { } known)
        {
            group.Append(HeaderFolding.Field(name, MailDate.Format(known)));
        }
    }

    private static string ToAscii(string value) =>
        Ascii.IsValid(value) ? value : string.Create(value.Length, value, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsAscii(source[i]) ? source[i] : '?';
            }
        });

    private static IEnumerable<ComposedPart> OriginalParts(DeliveryStatusReport report)
    {
        if (report.OpenOriginal is { } open)
        {
            var encoding = report.OriginalBodyType == BodyType.SevenBit ? "7bit" : "8bit";
            var type = IsGlobal(report) && encoding == "8bit" ? "message/global" : "message/rfc822";
            yield return new ComposedPart(type, encoding, (output, token) => CopyAsync(open, output, token))
                .Add("Content-Description", OriginalName(report));
        }
        else if (!report.OriginalHeader.IsEmpty)
        {
            // A header that is not ASCII is UTF-8 (RFC 6532), or else unlabelled bytes that only an encoding keeps.
            var header = report.OriginalHeader.Span;
            var isGlobal = !Ascii.IsValid(header) && System.Text.Unicode.Utf8.IsValid(header);
            yield return TransferEncoding.TextPart(isGlobal ? "message/global-headers" : "text/rfc822-headers", header)
                .Add("Content-Description", OriginalName(report) + " header");
        }
    }

    private static string OriginalName(DeliveryStatusReport report) =>
        report.Recipients.Any(recipient => recipient.Action == DeliveryAction.Failed) ? "Undelivered message" : "Original message";

    private static async ValueTask CopyAsync(
        Func<CancellationToken, ValueTask<Stream>> open, Stream output, CancellationToken cancellationToken)
    {
        await using var original = await open(cancellationToken);
        await original.CopyToAsync(output, cancellationToken);
    }
}
