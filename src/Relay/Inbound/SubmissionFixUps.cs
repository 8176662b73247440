namespace Relay;

/// <summary>What is completed and cleaned in the messages of one listener (RFC 6409 §8).</summary>
internal sealed record SubmissionFixUps
{
    private static readonly byte[][] Bcc = ["bcc"u8.ToArray(), "resent-bcc"u8.ToArray()];
    private static readonly byte[][] ReturnPath = ["return-path"u8.ToArray()];

    public bool RequireFrom { get; init; } = true;

    public bool AddDate { get; init; } = true;

    public bool AddMessageId { get; init; } = true;

    public bool RemoveBcc { get; init; } = true;

    public bool RemoveReturnPath { get; init; } = true;

    public bool HideClient { get; init; }

    public LongLines LongLines { get; init; }

    /// <summary>Fields that are taken out unread.</summary>
    public byte[][] Removed => [.. RemoveBcc ? Bcc : [], .. RemoveReturnPath ? ReturnPath : []];
}
