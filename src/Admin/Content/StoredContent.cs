using Relay.Mail;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Reads the content of messages that are still kept: whole ones in memory only up to a bound.</summary>
internal sealed class StoredContent(IQueueStore queue, ISpool spool)
{
    /// <summary>Larger messages are only handed out as they are.</summary>
    public const long MaxParsedBytes = 16 * 1024 * 1024;

    private const int MaxHeaderBytes = 256 * 1024;

    /// <summary>Null when there is no such message.</summary>
    public async ValueTask<MessageDetails?> FindAsync(string id, CancellationToken cancellationToken) =>
        QueueId.TryParse(id, out var queueId) ? await queue.FindAsync(queueId, cancellationToken) : null;

    /// <summary>Our trace fields, then the content from its start.</summary>
    public async Task CopyAsync(MessageDetails details, Stream output, CancellationToken cancellationToken)
    {
        var variant = details.Variants[0];
        await output.WriteAsync(variant.Prefix, cancellationToken);
        await using var content = await spool.OpenAsync(variant.Content, cancellationToken);
        await content.CopyToAsync(output, cancellationToken);
    }

    /// <summary>The whole message; the caller has looked at its size.</summary>
    public async ValueTask<byte[]> ReadAsync(MessageDetails details, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await CopyAsync(details, bytes, cancellationToken);
        return bytes.ToArray();
    }

    public async ValueTask<MimeEntity> ParseAsync(MessageDetails details, CancellationToken cancellationToken) =>
        MimeReader.Read(await ReadAsync(details, cancellationToken));

    /// <summary>The header block alone, however large the message is.</summary>
    public async ValueTask<HeaderBlock> ReadHeaderAsync(MessageDetails details, CancellationToken cancellationToken)
    {
        var variant = details.Variants[0];
        var length = (int)Math.Min(variant.Content.HeaderBytes, MaxHeaderBytes);
        var bytes = new byte[variant.Prefix.Length + length];
        variant.Prefix.CopyTo(bytes);
        await using var content = await spool.OpenAsync(variant.Content, cancellationToken);
        await content.ReadExactlyAsync(bytes.AsMemory(variant.Prefix.Length), cancellationToken);
        return HeaderBlock.Parse(bytes);
    }
}
