using System.Buffers;
using System.Buffers.Text;

namespace Relay.Mail;

/// <summary>Content with edits applied while it is read; memory does not grow with it.</summary>
internal sealed class SevenBitStream(Stream content, IReadOnlyList<ContentEdit> edits) : Stream
{
    private const int BufferBytes = 32 * 1024;
    private const int BytesPerLine = 57;
    private const int CharactersPerLine = 76;

    private readonly byte[] _input = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private readonly ArrayBufferWriter<byte> _output = new(BufferBytes * 3);
    private QuotedPrintableEncoder _quotedPrintable;
    private bool _hasLine;
    private int _start;
    private int _end;
    private int _given;
    private long _at;
    private int _edit;
    private bool _isInside;
    private bool _isAtEnd;
    private bool _isDisposed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    private ContentEdit? Current => _edit < edits.Count ? edits[_edit] : null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_given == _output.WrittenCount)
        {
            _output.ResetWrittenCount();
            _given = 0;
            if (!Convert() && !await FillAsync(cancellationToken))
            {
                return 0;
            }
        }

        var count = Math.Min(buffer.Length, _output.WrittenCount - _given);
        _output.WrittenMemory.Slice(_given, count).CopyTo(buffer);
        _given += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only");

    public override void Flush()
    {
        // Nothing is written here.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await content.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            content.Dispose();
            ArrayPool<byte>.Shared.Return(_input);
        }

        base.Dispose(disposing);
    }

    // False at the end of what there is.
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_isAtEnd)
        {
            return false;
        }

        _input.AsSpan(_start, _end - _start).CopyTo(_input);
        _end -= _start;
        _start = 0;
        var count = await content.ReadAsync(_input.AsMemory(_end, BufferBytes - _end), cancellationToken);
        _end += count;
        _isAtEnd = count == 0;
        return true;
    }

    /// <summary>Takes one step on what is in the buffer; false when it needs more, or all is done.</summary>
    private bool Convert()
    {
        var available = _end - _start;
        if (Current is not { } edit || _at < edit.Offset)
        {
            var length = (int)Math.Min(available, (Current?.Offset ?? long.MaxValue) - _at);
            _output.Write(_input.AsSpan(_start, length));
            Advance(length);
            return length > 0;
        }

        if (!_isInside)
        {
            _isInside = true;
            (_quotedPrintable, _hasLine) = (default, false);
            _output.Write(edit.Inserted);
        }

        var left = edit.Offset + edit.Length - _at;
        var isLast = left <= available || _isAtEnd;
        var taken = Take(edit.Kind, _input.AsSpan(_start, (int)Math.Min(available, left)), isLast);
        Advance(taken);
        if (!isLast)
        {
            return taken > 0;
        }

        if (edit is { Kind: ContentEditKind.Base64, EndsContent: true })
        {
            _output.Write("\r\n"u8);
        }

        _isInside = false;
        _edit++;
        return true;
    }

    private int Take(ContentEditKind kind, ReadOnlySpan<byte> range, bool isLast) => kind switch
    {
        ContentEditKind.QuotedPrintable => _quotedPrintable.Encode(range, isLast, _output),
        ContentEditKind.Base64 => EncodeBase64(range, isLast),
        _ => range.Length,
    };

    private int EncodeBase64(ReadOnlySpan<byte> range, bool isLast)
    {
        var taken = 0;
        while (range.Length - taken >= BytesPerLine || (isLast && taken < range.Length))
        {
            var line = range.Slice(taken, Math.Min(BytesPerLine, range.Length - taken));
            if (_hasLine)
            {
                _output.Write("\r\n"u8);
            }

            Base64.EncodeToUtf8(line, _output.GetSpan(CharactersPerLine), out _, out var written);
            _output.Advance(written);
            _hasLine = true;
            taken += line.Length;
        }

        return taken;
    }

    private void Advance(int length)
    {
        _start += length;
        _at += length;
    }
}
