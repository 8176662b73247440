using Relay.Mail;

namespace Relay.Queue;

/// <summary>Content on its way in: streams to the spool, with the header block remembered aside, bounded.</summary>
public sealed class IncomingContent : IAsyncDisposable
{
    private readonly IContentWriter _writer;
    private readonly HeaderReader _header;
    private HeaderFacts? _facts;
    private int _line;

    internal IncomingContent(IContentWriter writer, int maxHeaderBytes)
    {
        _writer = writer;
        _header = new HeaderReader(maxHeaderBytes);
    }

    public long LengthBytes => _writer.LengthBytes;

    /// <summary>Octets of the longest line so far, without its end.</summary>
    public int LongestLine { get; private set; }

    internal bool IsHeaderTooLarge => _header.State == HeaderReaderState.TooLarge;

    /// <summary>Takes the next piece, in any size, CRLF line ends.</summary>
    /// <exception cref="SpoolException">The piece could not be written; nothing will be accepted.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (_header.State == HeaderReaderState.Reading)
        {
            _header.Append(content.Span);
        }

        Measure(content.Span);
        return _writer.WriteAsync(content, cancellationToken);
    }

    /// <summary>Domain of the first From mailbox; null when it names none. To be asked behind the last piece.</summary>
    public DomainName? FromDomain => ReadHeader().FromDomain is { } text && DomainName.TryParse(text, out var domain) ? domain : null;

    /// <summary>
    /// The header block ends in a line that is no field, with more behind it: others read on to the blank line, and take for fields what nobody
    /// looked at or signed here. To be asked behind the last piece.
    /// </summary>
    public bool HasBrokenHeader => ReadHeader().HasHeader && !_header.HasBlankLine && _header.HeaderBytes < LengthBytes;

    internal HeaderFacts ReadHeader()
    {
        if (_facts is null)
        {
            _header.End();
            _facts = HeaderFacts.Read(_header);
        }

        return _facts;
    }

    // Lines end in CRLF; a piece may end anywhere.
    private void Measure(ReadOnlySpan<byte> content)
    {
        while (content.IndexOf((byte)'\n') is var end and >= 0)
        {
            var ending = end > 0 ? content[end - 1] == '\r' ? 1 : 0 : _line > 0 ? 1 : 0;
            LongestLine = Math.Max(LongestLine, _line + end - ending);
            _line = 0;
            content = content[(end + 1)..];
        }

        _line += content.Length;
        LongestLine = Math.Max(LongestLine, content.IsEmpty ? 0 : _line - (content[^1] == '\r' ? 1 : 0));
    }

    internal ValueTask<SpooledContent> CommitAsync() => _writer.CommitAsync(_header.HeaderBytes);

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
