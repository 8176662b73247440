using System.Collections.Concurrent;
using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>A spool in memory whose steps fail when told. Inline content is looked up in the given queue.</summary>
public sealed class FaultySpool(MemoryQueueStore? queue = null, int inlineLimitBytes = 256 * 1024) : ISpool
{
    private readonly ConcurrentDictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly int _inlineLimit = inlineLimitBytes;
    private int _lastName;
    private int _unfinished;

    /// <summary>Writing fails once this many octets of one message are there; null never.</summary>
    public long? FailWritesAfterBytes { get; set; }

    public bool FailCommits { get; set; }

    public bool FailOpens { get; set; }

    public StoreHealth Health { get; set; } = StoreHealth.Healthy;

    /// <summary>Names of the files that exist.</summary>
    public IReadOnlyCollection<string> Files => [.. _files.Keys];

    /// <summary>Writers neither committed nor disposed.</summary>
    public int Unfinished => Volatile.Read(ref _unfinished);

    public IContentWriter Begin()
    {
        Interlocked.Increment(ref _unfinished);
        return new Writer(this);
    }

    public ValueTask<Stream> OpenAsync(ContentReference content, CancellationToken cancellationToken)
    {
        if (FailOpens)
        {
            throw new SpoolException("The content cannot be read, as asked.");
        }

        var bytes = content.FileName is { } name
            ? _files.GetValueOrDefault(name)
            : queue?.InlineContent(content.Id)?.ToArray();
        return bytes is not null
            ? ValueTask.FromResult<Stream>(new MemoryStream(bytes, writable: false))
            : throw new SpoolException("The content is gone.");
    }

    public ValueTask DeleteFileAsync(string fileName, CancellationToken cancellationToken)
    {
        _files.TryRemove(fileName, out _);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<int> SweepAsync(Func<string, ValueTask<bool>> isReferenced, CancellationToken cancellationToken)
    {
        var swept = 0;
        foreach (var name in _files.Keys)
        {
            if (!await isReferenced(name) && _files.TryRemove(name, out _))
            {
                swept++;
            }
        }

        return swept;
    }

    private sealed class Writer(FaultySpool spool) : IContentWriter
    {
        private readonly MemoryStream _content = new();
        private bool _ended;

        public long LengthBytes => _content.Length;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            if (spool.FailWritesAfterBytes is { } limit && _content.Length + content.Length > limit)
            {
                throw new SpoolException("The content could not be written, as asked.");
            }

            _content.Write(content.Span);
            return ValueTask.CompletedTask;
        }

        public ValueTask<SpooledContent> CommitAsync(long headerBytes)
        {
            if (spool.FailCommits)
            {
                throw new SpoolException("The content could not be made durable, as asked.");
            }

            End();
            var bytes = _content.ToArray();
            if (bytes.Length <= spool._inlineLimit)
            {
                return ValueTask.FromResult(new SpooledContent { SizeBytes = bytes.Length, HeaderBytes = headerBytes, Inline = bytes });
            }

            var name = Interlocked.Increment(ref spool._lastName).ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
            spool._files[name] = bytes;
            return ValueTask.FromResult(new SpooledContent { SizeBytes = bytes.Length, HeaderBytes = headerBytes, FileName = name });
        }

        public ValueTask DisposeAsync()
        {
            End();
            return ValueTask.CompletedTask;
        }

        private void End()
        {
            if (!_ended)
            {
                _ended = true;
                Interlocked.Decrement(ref spool._unfinished);
            }
        }
    }
}
