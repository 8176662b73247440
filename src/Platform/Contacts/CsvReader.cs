using System.Text;

namespace Relay.Platform.Contacts;

/// <summary>Reads a file of separated values record by record, from any record's beginning; memory is bounded by the longest record.</summary>
/// <remarks>
/// RFC 4180 §2, and what the field really sends: any line end, any delimiter, fields in quotes with doubled quotes and line ends inside.
/// A quote that is never closed costs its own line, not the rest of the file.
/// </remarks>
/// <param name="position">Octets before the first record that is read; the stream stands there.</param>
public sealed class CsvReader(Stream stream, char delimiter, Encoding encoding, long position)
{
    /// <summary>Longer records are refused.</summary>
    public const int MaxRecordBytes = 256 * 1024;

    private const int BlockBytes = 64 * 1024;

    private readonly CsvRecordParser _parser = new((byte)delimiter, encoding);
    private byte[] _buffer = new byte[BlockBytes];
    private int _begin;
    private int _end;
    private bool _isAtEnd;

    /// <summary>Octets up to the end of the last record.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Null at the end.</summary>
    public async ValueTask<CsvRecord?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var data = _buffer.AsMemory(_begin, _end - _begin);
            if (data.IsEmpty && _isAtEnd)
            {
                return null;
            }

            if (_parser.TryParse(data.Span, _isAtEnd || data.Length > MaxRecordBytes, out var record, out var consumed))
            {
                _begin += consumed;
                Position += consumed;
                return record;
            }

            await FillAsync(cancellationToken);
        }
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_begin > 0)
        {
            _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
            (_begin, _end) = (0, _end - _begin);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += count;
        _isAtEnd = count == 0;
    }
}

/// <param name="Fields">One empty field on an empty line.</param>
/// <param name="Problem">Why it cannot be taken; null when it can.</param>
public sealed record CsvRecord(IReadOnlyList<string> Fields, string? Problem)
{
    public bool IsBlank => Problem is null && Fields is [{ } only] && string.IsNullOrWhiteSpace(only);
}
