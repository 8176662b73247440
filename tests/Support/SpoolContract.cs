using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every spool promises; derive once per spool. Content up to <see cref="InlineLimit"/> stays in memory.</summary>
public abstract class SpoolContract : IAsyncLifetime
{
    protected const int InlineLimit = 1000;

    private static readonly CancellationToken None = CancellationToken.None;

    protected ISpool Spool { get; private set; } = null!;

    public async Task InitializeAsync() => Spool = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<ISpool> OpenAsync();

    protected abstract Task CloseAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(InlineLimit)]
    public async Task Hands_small_content_over_in_memory(int size)
    {
        var content = Bytes(size);
        var spooled = await WriteAsync(content, size);
        Assert.Equal(content, spooled.Inline!.Value.ToArray());
        Assert.Null(spooled.FileName);
        Assert.Equal((size, size / 2), (spooled.SizeBytes, spooled.HeaderBytes));
    }

    [Theory]
    [InlineData(InlineLimit + 1, InlineLimit + 1)]
    [InlineData(InlineLimit + 1, 1)]
    [InlineData(100_000, 333)]
    [InlineData(400_000, 4096)]
    [InlineData(400_000, 65_536)]
    [InlineData(400_000, 65_537)]
    public async Task Keeps_large_content_in_a_file(int size, int chunk)
    {
        var content = Bytes(size);
        var spooled = await WriteAsync(content, chunk);
        Assert.Null(spooled.Inline);
        Assert.NotNull(spooled.FileName);
        Assert.Equal(size, spooled.SizeBytes);
        Assert.Equal(content, await ReadAsync(spooled));
        Assert.Equal(content, await ReadAsync(spooled));
    }

    [Fact]
    public async Task Keeps_the_order_of_pieces_of_all_sizes()
    {
        int[] sizes = [InlineLimit, 1, 65_535, 1, 65_536, 4096, 131_073, 7, 60_000, 10_000, 65_536, 1];
        var content = Bytes(sizes.Sum());
        await using var writer = Spool.Begin();
        var at = 0;
        foreach (var size in sizes)
        {
            await writer.WriteAsync(content.AsMemory(at, size), None);
            at += size;
        }

        var spooled = await writer.CommitAsync(0);
        Assert.Equal(content.Length, spooled.SizeBytes);
        Assert.Equal(content, await ReadAsync(spooled));
    }

    [Fact]
    public async Task Counts_what_was_written()
    {
        await using var writer = Spool.Begin();
        await writer.WriteAsync(Bytes(10), None);
        await writer.WriteAsync(Bytes(InlineLimit), None);
        Assert.Equal(InlineLimit + 10, writer.LengthBytes);
    }

    [Fact]
    public async Task Keeps_committed_content_when_its_writer_is_disposed()
    {
        SpooledContent spooled;
        await using (var writer = Spool.Begin())
        {
            await writer.WriteAsync(Bytes(5000), None);
            spooled = await writer.CommitAsync(1);
        }

        Assert.Equal(Bytes(5000), await ReadAsync(spooled));
    }

    [Fact]
    public async Task Says_when_deleted_content_is_opened()
    {
        var spooled = await WriteAsync(Bytes(5000), 5000);
        await Spool.DeleteFileAsync(spooled.FileName!, None);
        await Spool.DeleteFileAsync(spooled.FileName!, None);
        await Assert.ThrowsAsync<SpoolException>(async () => await ReadAsync(spooled));
    }

    [Fact]
    public void Is_healthy_when_nothing_is_wrong() => Assert.Equal(StoreHealth.Healthy, Spool.Health);

    protected static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    protected async Task<SpooledContent> WriteAsync(byte[] content, int chunk)
    {
        await using var writer = Spool.Begin();
        for (var at = 0; at < content.Length; at += chunk)
        {
            await writer.WriteAsync(content.AsMemory(at, Math.Min(chunk, content.Length - at)), None);
        }

        return await writer.CommitAsync(content.Length / 2);
    }

    protected async Task<byte[]> ReadAsync(SpooledContent spooled)
    {
        await using var stream = await Spool.OpenAsync(new ContentReference(0, spooled.SizeBytes, spooled.HeaderBytes, spooled.FileName), None);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }
}
