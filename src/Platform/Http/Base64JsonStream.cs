using System.Buffers;
using System.Buffers.Text;

namespace Relay.Platform;

/// <summary>Decodes strict base64 out of a JSON string as it is read: white space is skipped, anything else foreign is a fault.</summary>
internal sealed class Base64JsonStream(ReadOnlySequence<byte> raw) : Stream
{
    private const int TextBytes = 32 * 1024;

    private readonly JsonStringReader _text = new(raw);
    private readonly byte[] _encoded = new byte[TextBytes];
    private readonly byte[] _decoded = new byte[TextBytes];
    private int _kept;
    private int _position;
    private int _available;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Octets the text stands for; -1 when it is not base64.</summary>
    public static long Measure(ReadOnlySequence<byte> raw)
    {
        using var stream = new Base64JsonStream(raw);
        long length = 0;
        while (stream.Fill())
        {
            length += stream._available;
        }

        return stream.IsFaulty ? -1 : length;
    }

    /// <exception cref="InvalidDataException">The text is not base64.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_position == _available && !Fill())
        {
            return IsFaulty ? throw new InvalidDataException("not base64") : 0;
        }

        var count = Math.Min(buffer.Length, _available - _position);
        _decoded.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private bool IsFaulty { get; set; }

    // False at the end and at a fault. The last group waits for the end, because only there padding may stand.
    private bool Fill()
    {
        _position = _available = 0;
        while (_available == 0 && !_ended)
        {
            var count = _text.Read(_encoded.AsSpan(_kept));
            _ended = count == 0;
            var length = _kept + DropWhiteSpace(_encoded.AsSpan(_kept, count));
            var whole = _ended ? length : Math.Max(length - 1, 0) / 4 * 4;
            var status = Base64.DecodeFromUtf8(_encoded.AsSpan(0, whole), _decoded, out var consumed, out _available, isFinalBlock: _ended);
            if (status != OperationStatus.Done || consumed != whole)
            {
                IsFaulty = _ended = true;
                return false;
            }

            _kept = length - whole;
            _encoded.AsSpan(whole, _kept).CopyTo(_encoded);
        }

        return _available > 0;
    }

    private static int DropWhiteSpace(Span<byte> text)
    {
        var kept = 0;
        foreach (var b in text)
        {
            if (b is not ((byte)' ' or (byte)'\r' or (byte)'\n' or (byte)'\t'))
            {
                text[kept++] = b;
            }
        }

        return kept;
    }
}
