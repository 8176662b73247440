using Relay.Mail;

namespace Relay.Queue;

/// <summary>Content on its way in: streams to the spool, with the header block remembered aside, bounded.</summary>
public sealed class IncomingContent : IAsyncDisposable
{
    private readonly IContentWriter _writer;
    private readonly HeaderReader _header;
    private HeaderFacts? _facts;

    internal IncomingContent(IContentWriter writer, int maxHeaderBytes)
    {
        _writer = writer;
        _header = new HeaderReader(maxHeaderBytes);
    }

    public long LengthBytes => _writer.LengthBytes;

    internal bool IsHeaderTooLarge => _header.State == HeaderReaderState.TooLarge;

    /// <summary>Takes the next piece, in any size, CRLF line ends.</summary>
    /// <exception cref="SpoolException">The piece could not be written; nothing will be accepted.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (_header.State == HeaderReaderState.Reading)
        {
            _header.Append(content.Span);
        }

        return _writer.WriteAsync(content, cancellationToken);
    }

    /// <summary>Domain of the first From mailbox; null when it names none. To be asked behind the last piece.</summary>
    public DomainName? FromDomain => ReadHeader().FromDomain is { } text && DomainName.TryParse(text, out var domain) ? domain : null;

    internal HeaderFacts ReadHeader()
    {
        if (_facts is null)
        {
            _header.End();
            _facts = HeaderFacts.Read(_header);
        }

        return _facts;
    }

    internal ValueTask<SpooledContent> CommitAsync() => _writer.CommitAsync(_header.HeaderBytes);

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
