using Relay.Queue;

namespace Relay.Delivery;

/// <summary>The content of a task: in memory when small, else opened from the spool as often as it is read.</summary>
internal sealed class TaskContent
{
    /// <summary>Content up to this size is read once and kept for signing and sending.</summary>
    public const int InMemoryBytes = 256 * 1024;

    private readonly ISpool _spool;
    private readonly ContentReference _reference;

    private TaskContent(ISpool spool, ContentReference reference, ReadOnlyMemory<byte>? memory)
    {
        _spool = spool;
        _reference = reference;
        Memory = memory;
    }

    public ReadOnlyMemory<byte>? Memory { get; }

    public long SizeBytes => _reference.SizeBytes;

    public long HeaderBytes => _reference.HeaderBytes;

    /// <exception cref="SpoolException">The content is gone or cannot be read.</exception>
    public static async ValueTask<TaskContent> OpenAsync(DeliveryTask task, ISpool spool, CancellationToken cancellationToken)
    {
        var reference = task.Variant.Content;
        if (task.Content is { } memory)
        {
            return new TaskContent(spool, reference, memory);
        }

        return reference.SizeBytes > InMemoryBytes
            ? new TaskContent(spool, reference, null)
            : new TaskContent(spool, reference, await ReadAsync(spool, reference, (int)reference.SizeBytes, cancellationToken));
    }

    public ValueTask<Stream> OpenStreamAsync(CancellationToken cancellationToken) => _spool.OpenAsync(_reference, cancellationToken);

    /// <summary>The header block with its blank line.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> HeadersAsync(CancellationToken cancellationToken) =>
        await FirstAsync((int)_reference.HeaderBytes, cancellationToken);

    /// <summary>The first octets, at most as many as there are.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> FirstAsync(int count, CancellationToken cancellationToken)
    {
        var length = (int)Math.Min(count, _reference.SizeBytes);
        return Memory is { } memory ? memory[..length] : await ReadAsync(_spool, _reference, length, cancellationToken);
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        ISpool spool, ContentReference reference, int length, CancellationToken cancellationToken)
    {
        var buffer = new byte[length];
        await using var stream = await spool.OpenAsync(reference, cancellationToken);
        try
        {
            await stream.ReadExactlyAsync(buffer, cancellationToken);
        }
        catch (EndOfStreamException exception)
        {
            throw new SpoolException("content is shorter than recorded", exception);
        }

        return buffer;
    }
}
