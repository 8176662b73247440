using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace Relay.Tests.Support;

/// <summary>How much of the peer's octets one read of the client returns at most.</summary>
public enum PeerCutting
{
    Whole,
    ByLine,
    ByByte,
}

/// <summary>The conversation went another way than the script says.</summary>
public sealed class ScriptException(string message) : Exception(message);

/// <summary>The other end of a client's connection, in memory and played by a test step by step.</summary>
/// <remarks>Waiting steps give up after half a minute of real time, so that a wrong script fails instead of hanging.</remarks>
public sealed class ScriptedPeer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Lazy<X509Certificate2> SharedCertificate = new(() => CreateCertificate("mx.example.com"));

    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Pipe _fromClient;
    private readonly ClientEnd _clientEnd;
    private readonly byte[] _input = new byte[64 * 1024];
    private Stream _stream;
    private int _start;
    private int _end;

    /// <param name="windowBytes">Octets the client may write before the peer reads them.</param>
    public ScriptedPeer(PeerCutting cutting = PeerCutting.Whole, int windowBytes = 16 * 1024 * 1024)
    {
        _fromClient = new Pipe(new PipeOptions(pauseWriterThreshold: windowBytes, resumeWriterThreshold: windowBytes / 2, useSynchronizationContext: false));
        _clientEnd = new ClientEnd(_toClient.Reader, _fromClient.Writer, cutting);
        _stream = new PeerEnd(_fromClient.Reader, _toClient.Writer, _clientEnd);
    }

    /// <summary>A self-signed certificate for mx.example.com, made once.</summary>
    public static X509Certificate2 Certificate => SharedCertificate.Value;

    /// <summary>What the client is given.</summary>
    public Stream Stream => _clientEnd;

    /// <summary>A new self-signed certificate, valid from 1970 to 2099.</summary>
    public static X509Certificate2 CreateCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));

        // Windows' TLS wants a key that was imported, not an ephemeral one.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    public Task SendLineAsync(string line) => SendAsync(Encoding.UTF8.GetBytes(line + "\r\n"));

    /// <summary>Sends a reply and waits for nothing.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);
        await _stream.FlushAsync().WaitAsync(Patience);
    }

    /// <summary>The client's next line without its CRLF; null when it has closed its end.</summary>
    public async Task<string?> ReadLineAsync()
    {
        while (true)
        {
            var length = _input.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = _input.AsSpan(_start, length);
                _start += length + 1;
                return line is [.. var text, (byte)'\r']
                    ? Encoding.UTF8.GetString(text)
                    : throw new ScriptException("the client ended a line without CR");
            }

            if (!await FillAsync())
            {
                return _start == _end ? null : throw new ScriptException("the client closed in the middle of a line");
            }
        }
    }

    /// <summary>Exactly so many octets, whatever they are.</summary>
    public async Task<byte[]> ReadOctetsAsync(int count)
    {
        var octets = new byte[count];
        for (var read = 0; read < count;)
        {
            if (_start == _end && !await FillAsync())
            {
                throw new ScriptException($"the client closed after {read} of {count} octets");
            }

            var length = Math.Min(count - read, _end - _start);
            _input.AsSpan(_start, length).CopyTo(octets.AsSpan(read));
            _start += length;
            read += length;
        }

        return octets;
    }

    /// <summary>Reads a line and compares it with a pattern in which * stands for anything.</summary>
    public async Task<string> ExpectAsync(string pattern)
    {
        string? line;
        try
        {
            line = await ReadLineAsync();
        }
        catch (TimeoutException)
        {
            throw new ScriptException($"expected '{pattern}', but the client says nothing");
        }

        return line is not null && Matches(line, pattern)
            ? line
            : throw new ScriptException($"expected '{pattern}', but the client said '{line ?? "(closed)"}'");
    }

    /// <summary>Waits until the client waits for us, in a read that finds nothing or in a write beyond the window.</summary>
    public Task ClientWaitsAsync() => _clientEnd.WaitsAsync().WaitAsync(Patience);

    /// <summary>Waits until the client waits for a reply and has said nothing that was not read here.</summary>
    public async Task ExpectSilenceAsync()
    {
        await ClientWaitsAsync();
        if (_start < _end || HasUnreadBytes())
        {
            throw new ScriptException("the client says more than the script expects: " + await ReadLineAsync());
        }
    }

    /// <summary>Waits until the client closes; nothing may come before.</summary>
    public async Task ExpectCloseAsync()
    {
        if (await ReadLineAsync() is { } line)
        {
            throw new ScriptException($"expected the client to close, but it said '{line}'");
        }
    }

    /// <summary>TLS from here on, as the server.</summary>
    public async Task StartTlsAsync(X509Certificate2? certificate = null)
    {
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate ?? Certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        await tls.AuthenticateAsServerAsync(options).WaitAsync(Patience);
    }

    /// <summary>Closes both directions: the client reads the end of the stream and cannot write any more.</summary>
    public void Drop()
    {
        _clientEnd.PeerCloses();
        _toClient.Writer.Complete();
        _fromClient.Reader.Complete();
    }

    public async ValueTask DisposeAsync()
    {
        Drop();
        if (_stream is SslStream tls)
        {
            await tls.DisposeAsync();
        }
    }

    /// <summary>True when <paramref name="text"/> is the pattern, with any text for each *.</summary>
    public static bool Matches(string text, string pattern) =>
        Regex.IsMatch(text, "^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal) + "$", RegexOptions.Singleline | RegexOptions.CultureInvariant);

    private bool HasUnreadBytes()
    {
        if (!_fromClient.Reader.TryRead(out var unread))
        {
            return false;
        }

        _fromClient.Reader.AdvanceTo(unread.Buffer.Start);
        return !unread.Buffer.IsEmpty;
    }

    private async Task<bool> FillAsync()
    {
        if (_start > 0)
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            _end -= _start;
            _start = 0;
        }

        if (_end == _input.Length)
        {
            throw new ScriptException("the client sent a line that is too long");
        }

        var count = await _stream.ReadAsync(_input.AsMemory(_end)).AsTask().WaitAsync(Patience);
        _end += count;
        return count > 0;
    }

    /// <summary>A stream over two pipe ends; what differs by side is added below.</summary>
    private abstract class PipeEnd(PipeReader reader, PipeWriter writer) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var pending = reader.ReadAsync(cancellationToken);
            if (!pending.IsCompleted)
            {
                BeforeReadWaits();
            }

            // A cancelled wait ends at once, not only when its continuation runs.
            await using var cancelled = cancellationToken.UnsafeRegister(static end => ((PipeEnd)end!).AfterRead(0), this);
            var result = await pending;
            var available = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, buffer.Length));
            var count = 0;
            foreach (var segment in available)
            {
                segment.Span.CopyTo(buffer.Span[count..]);
                count += segment.Length;
            }

            count = Cut(buffer.Span[..count]);
            reader.AdvanceTo(result.Buffer.GetPosition(count));
            AfterRead(count);
            return count;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            BeforeWrite(buffer.Length);
            ValueTask<FlushResult> pending;
            try
            {
                pending = writer.WriteAsync(buffer, cancellationToken);
            }
            catch (InvalidOperationException closed)
            {
                throw new IOException("the connection is closed", closed);
            }

            if (!pending.IsCompleted)
            {
                BeforeWriteWaits();
            }

            await using var cancelled = cancellationToken.UnsafeRegister(static end => ((PipeEnd)end!).AfterWrite(), this);
            var flushed = await pending;
            AfterWrite();
            if (flushed.IsCompleted)
            {
                throw new IOException("the peer closed the connection");
            }
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected virtual int Cut(ReadOnlySpan<byte> bytes) => bytes.Length;

        protected virtual void BeforeReadWaits()
        {
        }

        protected virtual void AfterRead(int count)
        {
        }

        protected virtual void BeforeWrite(int count)
        {
        }

        protected virtual void BeforeWriteWaits()
        {
        }

        protected virtual void AfterWrite()
        {
        }
    }

    private sealed class ClientEnd(PipeReader reader, PipeWriter writer, PeerCutting cutting) : PipeEnd(reader, writer)
    {
        private readonly PipeReader _reader = reader;
        private readonly PipeWriter _writer = writer;
        private readonly Lock _lock = new();
        private TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _unread;
        private bool _isReading;
        private bool _isWriting;
        private bool _isPeerGone;

        public Task WaitsAsync()
        {
            lock (_lock)
            {
                return _waits.Task;
            }
        }

        /// <summary>Called before the octets are there, so that a client about to get them never counts as waiting.</summary>
        public void PeerSpeaks(int count) => Change(() => _unread += count);

        public void PeerCloses() => Change(() => _isPeerGone = true);

        protected override int Cut(ReadOnlySpan<byte> bytes) => cutting switch
        {
            PeerCutting.ByByte => Math.Min(1, bytes.Length),
            PeerCutting.ByLine when bytes.IndexOf((byte)'\n') is >= 0 and var end => end + 1,
            _ => bytes.Length,
        };

        protected override void BeforeReadWaits() => Change(() => _isReading = true);

        protected override void AfterRead(int count) => Change(() =>
        {
            _isReading = false;
            _unread -= count;
        });

        protected override void BeforeWriteWaits() => Change(() => _isWriting = true);

        protected override void AfterWrite() => Change(() => _isWriting = false);

        protected override void Dispose(bool disposing)
        {
            _writer.Complete();
            _reader.Complete();
            base.Dispose(disposing);
        }

        private void Change(Action change)
        {
            lock (_lock)
            {
                change();
                var isWaiting = !_isPeerGone && ((_isReading && _unread == 0) || _isWriting);
                if (isWaiting)
                {
                    _waits.TrySetResult();
                }
                else if (_waits.Task.IsCompleted)
                {
                    _waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
    }

    private sealed class PeerEnd(PipeReader reader, PipeWriter writer, ClientEnd client) : PipeEnd(reader, writer)
    {
        protected override void BeforeWrite(int count) => client.PeerSpeaks(count);
    }
}
