using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Relay.Tests.Support;

/// <summary>A connection without a socket: the server gets <see cref="Context"/>, the test plays the client on <see cref="Client"/>.</summary>
/// <remarks>
/// Both ends are watched, so that <see cref="ServerWaitsAsync"/> can tell when the server has seen everything and waits for more:
/// the moment at which a test may advance the clock.
/// </remarks>
public sealed class InMemoryConnection : IAsyncDisposable
{
    private static int _lastId;

    private readonly Pipe _toServer = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.ThreadPool, useSynchronizationContext: false));

    private readonly Pipe _toClient;

    private readonly Watch _watch = new();

    /// <param name="clientBufferBytes">What the client's side holds before the server has to wait for the client to read.</param>
    public InMemoryConnection(IPAddress? peer = null, int clientBufferBytes = 64 * 1024)
    {
        _toClient = new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.ThreadPool,
            writerScheduler: PipeScheduler.ThreadPool,
            pauseWriterThreshold: clientBufferBytes,
            resumeWriterThreshold: clientBufferBytes / 2,
            useSynchronizationContext: false));
        Client = new DuplexPipe(_toClient.Reader, new WatchedPipeWriter(_toServer.Writer, _watch));
        Context = new DefaultConnectionContext(
            "c" + Interlocked.Increment(ref _lastId).ToString(System.Globalization.CultureInfo.InvariantCulture),
            new DuplexPipe(new WatchedPipeReader(_toServer.Reader, _watch), _toClient.Writer),
            Client)
        {
            RemoteEndPoint = new IPEndPoint(peer ?? IPAddress.Parse("192.0.2.77"), 40000),
            LocalEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 25),
        };
    }

    public DefaultConnectionContext Context { get; }

    public IDuplexPipe Client { get; }

    /// <summary>Runs the handler as the listener would: when it returns, the connection is closed.</summary>
    public Task ServeAsync(ConnectionHandler handler) => Task.Run(async () =>
    {
        try
        {
            await handler.OnConnectedAsync(Context);
        }
        finally
        {
            _watch.End();
            await _toClient.Writer.CompleteAsync();
            await _toServer.Reader.CompleteAsync();
        }
    });

    /// <summary>Until the server waits for input (or has ended), having seen all that was written.</summary>
    public Task ServerWaitsAsync() => _watch.QuietAsync();

    public async ValueTask DisposeAsync()
    {
        await _toServer.Writer.CompleteAsync();
        await _toClient.Reader.CompleteAsync();
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>Quiet means: a read is pending and every byte written was shown to the reader.</summary>
    private sealed class Watch
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _quiet = NewSignal();
        private long _written;
        private long _seen;
        private bool _pending;
        private bool _ended;

        public Task QuietAsync()
        {
            lock (_gate)
            {
                return _quiet.Task;
            }
        }

        public void Wrote(long bytes) => Update(() => _written += bytes);

        public void Pending() => Update(() => _pending = true);

        public void Saw(long total) => Update(() => (_pending, _seen) = (false, total));

        public void End() => Update(() => _ended = true);

        private void Update(Action change)
        {
            lock (_gate)
            {
                change();
                if (_ended || (_pending && _seen == _written))
                {
                    _quiet.TrySetResult();
                }
                else if (_quiet.Task.IsCompleted)
                {
                    _quiet = NewSignal();
                }
            }
        }

        private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class WatchedPipeReader(PipeReader inner, Watch watch) : PipeReader
    {
        private ReadOnlySequence<byte> _buffer;
        private long _consumed;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var read = inner.ReadAsync(cancellationToken);
            if (!read.IsCompleted)
            {
                watch.Pending();
            }

            return Note(await read);
        }

        public override bool TryRead(out ReadResult result)
        {
            if (!inner.TryRead(out result))
            {
                return false;
            }

            Note(result);
            return true;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            _consumed += _buffer.Slice(0, consumed).Length;
            _buffer = default;
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        private ReadResult Note(ReadResult result)
        {
            _buffer = result.Buffer;
            watch.Saw(_consumed + _buffer.Length);
            return result;
        }
    }

    private sealed class WatchedPipeWriter(PipeWriter inner, Watch watch) : PipeWriter
    {
        private long _unflushed;

        public override void Advance(int bytes)
        {
            _unflushed += bytes;
            inner.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            watch.Wrote(_unflushed);
            _unflushed = 0;
            return inner.FlushAsync(cancellationToken);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
