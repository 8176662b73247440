namespace Relay.Mail;

/// <summary>A file that travels with a composed message.</summary>
public sealed record MessageAttachment
{
    /// <summary>Shown to the recipient; any text, also non-ASCII. Directories are not cut off.</summary>
    public required string FileName { get; init; }

    /// <summary>Media type, with parameters if any; what is not a media type, and multipart, is sent as application/octet-stream.</summary>
    public string ContentType { get; init; } = "application/octet-stream";

    /// <summary>The bytes; ignored when <see cref="OpenContent"/> is set.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Opens the bytes when they are written, once for each time the message is written.</summary>
    public Func<CancellationToken, ValueTask<Stream>>? OpenContent { get; init; }

    /// <summary>Content-ID without brackets for images shown within the HTML by <c>cid:</c>; null for ordinary attachments.</summary>
    public string? ContentId { get; init; }
}
