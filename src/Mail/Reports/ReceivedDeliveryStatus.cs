namespace Relay.Mail;

/// <summary>A delivery report that came in, read tolerantly: absent and unreadable fields are null.</summary>
public sealed record ReceivedDeliveryStatus
{
    /// <summary>Name without its type; null when absent.</summary>
    public string? ReportingMta { get; init; }

    public string? OriginalEnvelopeId { get; init; }

    public DateTimeOffset? ArrivalDate { get; init; }

    public IReadOnlyList<ReceivedRecipientStatus> Recipients { get; init; } = [];

    /// <summary>Header of the original message as far as it was returned; else empty.</summary>
    public HeaderBlock OriginalHeader { get; init; } = HeaderBlock.Empty;
}
