using Relay.Mail;

namespace Relay.Delivery;

/// <summary>Composes reports by <see cref="DeliveryStatusReport"/>.</summary>
internal sealed class DeliveryStatusComposer(DeliveryOptions options) : IReportComposer
{
    public ValueTask ComposeAsync(BounceReport report, Stream output)
    {
        var status = new DeliveryStatusReport
        {
            ReportingMta = report.ReportingHost,
            From = Mailbox.Parse(report.From),
            To = report.To,
            Date = report.Date,
            MessageId = MessageIdField.Make(Guid.CreateVersion7(report.Date).ToString("N"), report.ReportingHost),
            EnvelopeId = report.EnvelopeId,
            Texts = options.Reports.Texts,
            ArrivalDate = report.ArrivalDate,
            OriginalSubject = report.Subject,
            Recipients = [.. report.Recipients.Select(Describe)],
            OriginalHeader = report.IsWhole ? default : report.Returned,
            OpenOriginal = report.IsWhole ? _ => ValueTask.FromResult<Stream>(new MemoryStream(report.Returned.ToArray(), writable: false)) : null,
            OriginalBodyType = report.Returned.Span.ContainsAnyExceptInRange((byte)0, (byte)0x7f) ? BodyType.EightBitMime : BodyType.SevenBit,
        };
        return status.WriteAsync(output, CancellationToken.None);
    }

    private static RecipientReport Describe(BouncedRecipient recipient) => new()
    {
        FinalRecipient = recipient.FinalRecipient,
        OriginalRecipient = recipient.OriginalRecipient,
        Action = recipient.Action,
        Status = recipient.Status,
        RemoteMta = recipient.RemoteHost,
        Reply = recipient.Reply,
        Diagnostic = recipient.Text,
        LastAttempt = recipient.LastAttempt,
        WillRetryUntil = recipient.WillRetryUntil,
    };
}
