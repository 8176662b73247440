namespace Relay.Mail;

/// <summary>Finds and reads the delivery-status part of a message.</summary>
/// <remarks>
/// The field's liberties taken here: encoded parts, groups in any order or without blank lines between them, recipients
/// without Final-Recipient, types left out, brackets around addresses, words behind codes and actions.
/// </remarks>
internal static class DeliveryStatusParser
{
    public static bool TryRead(MimeEntity message, out ReceivedDeliveryStatus status)
    {
        status = new ReceivedDeliveryStatus();
        foreach (var part in message.OwnParts())
        {
            if (part.MediaType is "message/delivery-status" or "message/global-delivery-status")
            {
                status = ReadFields(part.GetContent()) with { OriginalHeader = ReportedMessage.FindHeader(message) };
                return status.Recipients.Count > 0;
            }
        }

        // A report whose boundary was lost on its way still has its fields.
        if (message is { MediaType: "multipart/report", Children.Count: 0 })
        {
            status = ReadFields(message.RawBody);
        }

        return status.Recipients.Count > 0;
    }

    /// <summary>Reads the fields themselves, wherever they were found.</summary>
    public static ReceivedDeliveryStatus ReadFields(ReadOnlyMemory<byte> content)
    {
        var status = new ReceivedDeliveryStatus();
        var recipients = new List<ReceivedRecipientStatus>();
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var group in ReportFields.ReadGroups(content).SelectMany(SplitRecipients))
        {
            status = status with
            {
                ReportingMta = status.ReportingMta ?? ReportFields.WithoutType(group.Value("Reporting-MTA")),
                OriginalEnvelopeId = status.OriginalEnvelopeId ?? group.Value("Original-Envelope-Id"),
                ArrivalDate = status.ArrivalDate ?? ReportFields.Date(group.Value("Arrival-Date")),
            };
            if (group.Contains("Final-Recipient") || group.Contains("Original-Recipient") || group.Contains("Action"))
            {
                var recipient = ReadRecipient(group);

                // Some systems write a group for each try.
                if (recipient.FinalRecipient is null || known.Add($"{recipient.FinalRecipient}\n{recipient.OriginalRecipient}\n{recipient.Action}\n{recipient.Status}"))
                {
                    recipients.Add(recipient);
                }
            }
        }

        return status with { Recipients = recipients };
    }

    // A second Final-Recipient without a blank line before it starts another recipient.
    private static IEnumerable<HeaderBlock> SplitRecipients(HeaderBlock group)
    {
        if (group.Count("Final-Recipient") < 2)
        {
            yield return group;
            yield break;
        }

        var fields = new List<HeaderField>();
        foreach (var field in group.Fields)
        {
            if (field.Is("Final-Recipient") && fields.Exists(earlier => earlier.Is("Final-Recipient")))
            {
                yield return new HeaderBlock(fields, ReadOnlyMemory<byte>.Empty);
                fields = [];
            }

            fields.Add(field);
        }

        yield return new HeaderBlock(fields, ReadOnlyMemory<byte>.Empty);
    }

    private static ReceivedRecipientStatus ReadRecipient(HeaderBlock group)
    {
        var diagnostic = ReportFields.WithoutType(group.Value("Diagnostic-Code"), out var type);
        return new ReceivedRecipientStatus
        {
            FinalRecipient = ReportFields.Address(group.Value("Final-Recipient")),
            OriginalRecipient = ReportFields.Address(group.Value("Original-Recipient")),
            Action = ReadAction(group.Value("Action")),
            Status = ReadStatus(group.Value("Status")),
            RemoteMta = ReportFields.WithoutType(group.Value("Remote-MTA")),
            DiagnosticType = type,
            Diagnostic = diagnostic,
            Category = group.Value("X-PowerMTA-BounceCategory")?.Trim(),
            LastAttempt = ReportFields.Date(group.Value("Last-Attempt-Date")),
            WillRetryUntil = ReportFields.Date(group.Value("Will-Retry-Until")),
        };
    }

    private static DeliveryAction? ReadAction(string? value)
    {
        var word = FirstWord(value);
        foreach (var action in Enum.GetValues<DeliveryAction>())
        {
            if (word.Equals(action.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return action;
            }
        }

        return null;
    }

    private static EnhancedStatusCode? ReadStatus(string? value) => EnhancedStatusCode.TryParse(FirstWord(value), out var code) ? code : null;

    private static ReadOnlySpan<char> FirstWord(string? value)
    {
        var text = value.AsSpan().Trim();
        return text.IndexOfAny(" \t(;,") is >= 0 and var end ? text[..end] : text;
    }
}
