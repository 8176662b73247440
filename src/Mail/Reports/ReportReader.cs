namespace Relay.Mail;

/// <summary>Reads what comes back: reports about delivery in all the forms the field has, complaints, auto-replies, unsubscriptions, aggregates.</summary>
/// <remarks>
/// Bounded: parts and depth by the MIME reader, text by <see cref="BounceText.MaxCharacters"/>. What is none of these is <see cref="ReportKind.None"/>:
/// a message is a report only when it says so in a machine-readable way, or by two signs of which one is its sender's.
/// </remarks>
public static class ReportReader
{
    public static IncomingReport Read(ReadOnlyMemory<byte> message) => Read(MimeReader.Read(message));

    public static IncomingReport Read(MimeEntity message)
    {
        var text = BounceText.Of(message);
        return ReadFeedback(message, text)
            ?? ReadAggregate(message)
            ?? ReadDeliveryStatus(message, text)
            ?? ReadNotification(text)
            ?? ReadRefusal(message, text)
            ?? ReadPlain(message, text)
            ?? ReadReply(message, text)
            ?? IncomingReport.None with { Text = text.All };
    }

    private static IncomingReport? ReadFeedback(MimeEntity message, BounceText text)
    {
        if (FeedbackReport.TryRead(message, out var feedback))
        {
            return Of(feedback, message, text);
        }

        // Reporters without ARF send the message itself and say what it is in the subject.
        var subject = message.Header.Text("Subject") ?? string.Empty;
        if (subject.StartsWith("complaint about message from", StringComparison.OrdinalIgnoreCase))
        {
            var original = ReportedMessage.FindHeader(message);
            return new IncomingReport
            {
                Kind = ReportKind.Feedback,
                Source = ReportSource.Text,
                FeedbackType = "abuse",
                OriginalHeader = original,
                Recipients = ComplainersOf(original, []),
                Text = text.All,
            };
        }

        return null;
    }

    private static IncomingReport Of(FeedbackReport feedback, MimeEntity message, BounceText text) => new()
    {
        Kind = ReportKind.Feedback,
        Source = ReportSource.Fields,
        Feedback = feedback,
        FeedbackType = feedback.FeedbackType.Length > 0 ? feedback.FeedbackType : "other",
        OriginalHeader = feedback.OriginalHeader.Fields.Count > 0 ? feedback.OriginalHeader : ReportedMessage.FindHeader(message),
        OriginalEnvelopeId = feedback.OriginalEnvelopeId,
        ReportingMta = feedback.ReportingMta,
        Recipients = ComplainersOf(feedback.OriginalHeader, feedback.OriginalRecipients.Count > 0 ? feedback.OriginalRecipients : feedback.RemovalRecipients),
        Text = text.All,
    };

    private static List<ReceivedRecipientStatus> ComplainersOf(HeaderBlock original, IReadOnlyList<string> named)
    {
        IEnumerable<string> found = named;
        foreach (var name in new[] { "X-HmXmrOriginalRecipient", "X-Original-To", "Delivered-To", "To" })
        {
            found = found.Any() ? found : original.FindAll(name).SelectMany(field => AddressScanner.Find(field.Value)).Select(address => address.Address);
        }

        return [.. found.Distinct(StringComparer.OrdinalIgnoreCase).Take(1000).Select(address => new ReceivedRecipientStatus { FinalRecipient = address })];
    }

    private static IncomingReport? ReadAggregate(MimeEntity message) =>
        AggregateParts.Find(message) is { } kind ? new IncomingReport { Kind = kind, Source = ReportSource.Fields } : null;

    private static IncomingReport? ReadDeliveryStatus(MimeEntity message, BounceText text)
    {
        if (!DeliveryStatusParser.TryRead(message, out var status))
        {
            return null;
        }

        var original = status.OriginalHeader.Fields.Count > 0 ? status.OriginalHeader : text.Original;
        return new IncomingReport
        {
            Kind = ReportKind.Delivery,
            Source = ReportSource.Fields,
            Recipients = status.Recipients,
            OriginalHeader = original,
            OriginalEnvelopeId = status.OriginalEnvelopeId,
            ReportingMta = status.ReportingMta,
            Text = text.All,
        };
    }

    private static IncomingReport? ReadNotification(BounceText text) =>
        NotificationJson.TryRead(text.All, out var report) ? report with { Text = text.All } : null;

    private static IncomingReport? ReadRefusal(MimeEntity message, BounceText text) => RefusalNotice.TryRead(message, text.All, out var recipient)
        ? new IncomingReport
        {
            Kind = ReportKind.Delivery,
            Source = ReportSource.Fields,
            Recipients = [recipient],
            OriginalHeader = ReportedMessage.FindHeader(message),
            Text = text.All,
        }
        : null;

    private static IncomingReport? ReadPlain(MimeEntity message, BounceText text)
    {
        var returned = ReportedMessage.FindHeader(message);
        var original = returned.Fields.Count > 0 ? returned : text.Original;
        if (!BounceSigns.IsBounce(message.Header, text.All, original.Fields.Count > 0 || text.ReturnsMessage))
        {
            return null;
        }

        if (ReadInner(message, text) is { } inner)
        {
            return inner;
        }

        var recipients = PlainBounceParser.Read(message.Header, text, original, out var source);
        return recipients.Count == 0
            ? null
            : new IncomingReport { Kind = ReportKind.Delivery, Source = source, Recipients = recipients, OriginalHeader = original, Text = text.All };
    }

    // Gateways wrap the report of another system into a message of their own.
    private static IncomingReport? ReadInner(MimeEntity message, BounceText text)
    {
        var carried = message.OwnParts().FirstOrDefault(part => part.IsMessage && part.Children.Count == 1)?.Children[0]
            ?? (text.OriginalContent.IsEmpty ? null : MimeReader.Read(text.OriginalContent));
        return carried is not null && BounceSigns.IsFromSystem(carried.Header) ? ReadDeliveryStatus(carried, BounceText.Of(carried)) : null;
    }

    private static IncomingReport? ReadReply(MimeEntity message, BounceText text)
    {
        var from = AddressScanner.First(message.Header.Value("From"));
        var kind = UnsubscribeSigns.IsUnsubscribe(message.Header, text.All) ? ReportKind.Unsubscribe
            : AutoReplySigns.IsAutoReply(message.Header) ? ReportKind.AutoReply
            : ReportKind.None;
        return kind == ReportKind.None ? null : new IncomingReport
        {
            Kind = kind,
            Source = ReportSource.Text,
            Recipients = from is null ? [] : [new ReceivedRecipientStatus { FinalRecipient = from }],
            OriginalHeader = text.Original,
            Text = text.All,
        };
    }
}
