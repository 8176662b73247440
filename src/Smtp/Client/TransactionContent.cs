using System.Buffers;

namespace Relay.Smtp.Client;

/// <summary>Takes a piece of content; false when it wants no more.</summary>
internal delegate ValueTask<bool> ContentTarget(ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

/// <summary>Hands over what a transaction carries: the fields we prepend, then the content.</summary>
internal static class TransactionContent
{
    private const int ReadBufferBytes = 64 * 1024;

    /// <summary>False when the target wants no more.</summary>
    public static async ValueTask<bool> CopyAsync(ClientTransaction transaction, ContentTarget target, CancellationToken cancellationToken)
    {
        if (!await target(transaction.Prefix, cancellationToken))
        {
            return false;
        }

        if (transaction.ContentStream is not { } open)
        {
            return await target(transaction.Content, cancellationToken);
        }

        await using var content = await open(cancellationToken);
        return await CopyAsync(content, target, cancellationToken);
    }

    private static async ValueTask<bool> CopyAsync(Stream content, ContentTarget target, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBufferBytes);
        try
        {
            int count;
            while ((count = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                if (!await target(buffer.AsMemory(0, count), cancellationToken))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
