using System.IO.Pipelines;
using Relay.Smtp;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DuplexPipeStreamTests
{
    private readonly Pipe _in = new(new PipeOptions(minimumSegmentSize: 16, useSynchronizationContext: false));
    private readonly Pipe _out = new();

    [Fact]
    public async Task Reads_across_many_buffers_without_losing_count()
    {
        await using var stream = new DuplexPipeStream(new Pair(_in.Reader, _out.Writer));
        var sent = Enumerable.Range(0, 40_000).Select(i => (byte)i).ToArray();
        await WriteInPiecesAsync(sent);
        await _in.Writer.CompleteAsync();
        var received = new MemoryStream();
        var buffer = new byte[10_000];
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            received.Write(buffer.AsSpan(0, read));
        }

        Assert.Equal(sent, received.ToArray());
    }

    [Fact]
    public async Task A_canceled_pending_read_is_a_cancellation_and_loses_nothing()
    {
        await using var stream = new DuplexPipeStream(new Pair(_in.Reader, _out.Writer));
        var pending = stream.ReadAsync(new byte[10]).AsTask();
        _in.Reader.CancelPendingRead();
        await Assert.ThrowsAsync<OperationCanceledException>(() => pending);
        await _in.Writer.WriteAsync("abc"u8.ToArray());
        Assert.Equal(3, await stream.ReadAsync(new byte[10]));
    }

    [Fact]
    public async Task Writing_to_a_reader_that_left_is_an_io_error()
    {
        await using var stream = new DuplexPipeStream(new Pair(_in.Reader, _out.Writer));
        await _out.Reader.CompleteAsync();
        await Assert.ThrowsAsync<IOException>(async () => await stream.WriteAsync("abc"u8.ToArray()));
    }

    private async Task WriteInPiecesAsync(byte[] bytes)
    {
        // Memory of the smallest size each time, so that the reader meets many segments.
        for (var at = 0; at < bytes.Length; at += 16)
        {
            bytes.AsSpan(at, 16).CopyTo(_in.Writer.GetSpan(16));
            _in.Writer.Advance(16);
        }

        await _in.Writer.FlushAsync();
    }

    private sealed record Pair(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
