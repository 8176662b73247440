using System.Text;

namespace Relay.Mail;

/// <summary>A delivery status notification as we send it: a whole multipart/report message (RFC 3464, RFC 6522, RFC 6533).</summary>
/// <remarks>
/// 1. Text for people. 2. message/delivery-status for programs. 3. The original message, or its header.
/// With non-ASCII addresses parts two and three take the global forms of RFC 6533. To be sent with the null reverse-path.
/// </remarks>
public sealed record DeliveryStatusReport
{
    /// <summary>Host name of this relay.</summary>
    public required string ReportingMta { get; init; }

    /// <summary>Usually <c>MAILER-DAEMON@host</c>.</summary>
    public required Mailbox From { get; init; }

    /// <summary>The original reverse-path.</summary>
    public required Mailbox To { get; init; }

    public required DateTimeOffset Date { get; init; }

    /// <summary>Of this report, with angle brackets.</summary>
    public required string MessageId { get; init; }

    /// <summary>ENVID, decoded; null when the sender gave none.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>When the original message was accepted.</summary>
    public DateTimeOffset? ArrivalDate { get; init; }

    /// <summary>Decoded Subject of the original message, by which people know it; null or empty when it has none.</summary>
    public string? OriginalSubject { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<RecipientReport> Recipients { get; init; }

    /// <summary>The words for people.</summary>
    public ReportTexts Texts { get; init; } = ReportTexts.English;

    /// <summary>The original header block, without blank line; used when <see cref="OpenOriginal"/> is null. May be empty.</summary>
    public ReadOnlyMemory<byte> OriginalHeader { get; init; }

    /// <summary>Opens the original message where it is to be returned whole (RET=FULL).</summary>
    public Func<CancellationToken, ValueTask<Stream>>? OpenOriginal { get; init; }

    /// <summary>How the original message behind <see cref="OpenOriginal"/> was transferred.</summary>
    public BodyType OriginalBodyType { get; init; }

    /// <summary>What the report's own envelope must say for BODY.</summary>
    public BodyType BodyType => DeliveryStatusWriter.NeedsEightBit(this) ? BodyType.EightBitMime : BodyType.SevenBit;

    /// <summary>True when the report's own envelope needs SMTPUTF8, because its recipient's address is not ASCII.</summary>
    public bool NeedsSmtpUtf8 => To.NeedsSmtpUtf8 || From.NeedsSmtpUtf8;

    /// <summary>Writes the whole message, lines ended by CRLF.</summary>
    /// <exception cref="ArgumentException">No recipient, or the message identifier is not valid.</exception>
    public async ValueTask WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        if (Recipients.Count == 0 || !MessageIdField.IsValid(MessageId))
        {
            throw new ArgumentException("a delivery report needs a recipient and a valid message identifier");
        }

        var body = DeliveryStatusWriter.Body(this);
        await output.WriteAsync(Encoding.UTF8.GetBytes($"{MessageFields()}{body.Header}\r\n"), cancellationToken);
        await body.WriteBodyAsync(output, cancellationToken);
    }

    /// <summary>Reads the report inside a message that came in; false when it holds none.</summary>
    public static bool TryRead(MimeEntity message, out ReceivedDeliveryStatus status) => DeliveryStatusParser.TryRead(message, out status);

    private string MessageFields() => new StringBuilder()
        .Append(HeaderFolding.Field("Date", MailDate.Format(Date)))
        .Append(HeaderFolding.Field("From", new NamedMailbox("Mail Delivery System", From).ToHeaderText()))
        .Append(HeaderFolding.Field("To", To.ToString()))
        .Append(HeaderFolding.TextField("Subject", DeliveryStatusText.Subject(this)))
        .Append(HeaderFolding.Field("Message-ID", MessageId))
        .Append(HeaderFolding.Field("Auto-Submitted", "auto-replied"))
        .Append(HeaderFolding.Field("MIME-Version", "1.0"))
        .ToString();
}
