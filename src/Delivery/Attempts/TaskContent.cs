using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>The content of a task: in memory when small, else opened from the spool as often as it is read.</summary>
internal sealed class TaskContent
{
    /// <summary>Content up to this size is read once and kept for signing and sending.</summary>
    public const int InMemoryBytes = 256 * 1024;

    private const int ScanBytes = 64 * 1024;

    private readonly Func<CancellationToken, ValueTask<Stream>> _open;

    private TaskContent(Func<CancellationToken, ValueTask<Stream>> open, ReadOnlyMemory<byte>? memory, long sizeBytes, long headerBytes)
    {
        _open = open;
        Memory = memory;
        SizeBytes = sizeBytes;
        HeaderBytes = headerBytes;
    }

    public ReadOnlyMemory<byte>? Memory { get; }

    public long SizeBytes { get; }

    public long HeaderBytes { get; }

    /// <summary>Another body form than that which was accepted: it needs a signature of its own, and no stored one fits.</summary>
    public bool IsConverted { get; private init; }

    /// <exception cref="SpoolException">The content is gone or cannot be read.</exception>
    public static async ValueTask<TaskContent> OpenAsync(DeliveryTask task, ISpool spool, CancellationToken cancellationToken)
    {
        var reference = task.Variant.Content;
        if (task.Content is { } memory)
        {
            return new TaskContent(Open, memory, reference.SizeBytes, reference.HeaderBytes);
        }

        return reference.SizeBytes > InMemoryBytes
            ? new TaskContent(Open, null, reference.SizeBytes, reference.HeaderBytes)
            : new TaskContent(Open, await ReadAsync(Open, (int)reference.SizeBytes, cancellationToken), reference.SizeBytes, reference.HeaderBytes);

        ValueTask<Stream> Open(CancellationToken token) => spool.OpenAsync(reference, token);
    }

    public ValueTask<Stream> OpenStreamAsync(CancellationToken cancellationToken) =>
        Memory is { } memory ? ValueTask.FromResult<Stream>(new MemoryStream(memory.ToArray(), writable: false)) : _open(cancellationToken);

    /// <summary>True when there is an octet above 127, whatever the sender declared.</summary>
    public async ValueTask<bool> IsEightBitAsync(CancellationToken cancellationToken)
    {
        if (Memory is { } memory)
        {
            return memory.Span.ContainsAnyExceptInRange((byte)0, (byte)0x7f);
        }

        await using var stream = await _open(cancellationToken);
        var buffer = new byte[ScanBytes];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (buffer.AsSpan(0, count).ContainsAnyExceptInRange((byte)0, (byte)0x7f))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The same message in 7 bits; itself when it is clean already.</summary>
    /// <returns>The content, or why there is none.</returns>
    public async ValueTask<(TaskContent? Content, string? Problem)> ToSevenBitAsync(CancellationToken cancellationToken)
    {
        SevenBitConversion conversion;
        await using (var stream = await OpenStreamAsync(cancellationToken))
        {
            conversion = await SevenBitConversion.PlanAsync(stream, cancellationToken);
        }

        if (conversion is { Problem: null, IsNeeded: false })
        {
            return (this, null);
        }

        if (conversion.Problem is { } problem)
        {
            return (null, problem);
        }

        var size = await conversion.MeasureAsync(await OpenStreamAsync(cancellationToken), cancellationToken);
        ReadOnlyMemory<byte>? converted = size <= 2 * InMemoryBytes ? await ReadAsync(Open, (int)size, cancellationToken) : null;
        return (new TaskContent(Open, converted, size, conversion.HeaderBytes) { IsConverted = true }, null);

        async ValueTask<Stream> Open(CancellationToken token) => conversion.Open(await OpenStreamAsync(token));
    }

    /// <summary>The header block with its blank line.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> HeadersAsync(CancellationToken cancellationToken) =>
        await FirstAsync((int)HeaderBytes, cancellationToken);

    /// <summary>The first octets, at most as many as there are.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> FirstAsync(int count, CancellationToken cancellationToken)
    {
        var length = (int)Math.Min(count, SizeBytes);
        return Memory is { } memory ? memory[..length] : await ReadAsync(_open, length, cancellationToken);
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(
        Func<CancellationToken, ValueTask<Stream>> open, int length, CancellationToken cancellationToken)
    {
        var buffer = new byte[length];
        await using var stream = await open(cancellationToken);
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
