using System.Buffers;
using System.Text;

namespace Relay.Mail;

/// <summary>Finds the parts of a message that arrives in pieces and decides what conversion to 7 bits changes in it; does no I/O.</summary>
/// <remarks>
/// Line by line: a delimiter of any open multipart ends what is inside of it (RFC 2046 §5.1), everything else belongs to the innermost
/// entity, to its header first. Only header blocks and the first octets of a line are kept.
/// </remarks>
internal sealed class MimeOutline
{
    private const int MaxParts = 1000;
    private const int MaxDepth = 32;
    private const int MaxHeaderBytes = 256 * 1024;
    private const int MaxDelimiterBytes = 256;

    private List<ContentEdit> _edits = [];
    private readonly List<OutlinePart> _open = [];
    private readonly ArrayBufferWriter<byte> _header = new();
    private readonly ArrayBufferWriter<byte> _line = new();
    private BodyFacts _lineFacts = BodyFacts.None;
    private bool _isHeader = true;
    private bool _pendingCarriageReturn;
    private long _at;
    private long _lineStart;
    private int _parts = 1;
    private bool _hasMimeVersion;

    public MimeOutline() => _open.Add(new OutlinePart("text/plain", 0, isProtected: false));

    /// <summary>Why nothing can be converted; the rest of the content need not be read.</summary>
    public string? Problem { get; private set; }

    /// <summary>All of the content is fit for 7bit.</summary>
    public bool IsClean { get; private set; } = true;

    /// <summary>Octets of the outermost header block with its blank line, as converted.</summary>
    public long HeaderBytes { get; private set; }

    /// <summary>In the order of the content.</summary>
    public IReadOnlyList<ContentEdit> Edits => _edits;

    private OutlinePart Innermost => _open[^1];

    public void Append(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty && Problem is null)
        {
            if (_pendingCarriageReturn)
            {
                TakeAfterCarriageReturn(ref content);
                continue;
            }

            var length = content.IndexOf((byte)'\r');
            TakePiece(length < 0 ? content : content[..length], isRest: false);
            _pendingCarriageReturn = length >= 0;
            content = length < 0 ? default : content[(length + 1)..];
        }
    }

    public void End()
    {
        if (Problem is not null)
        {
            return;
        }

        if (_pendingCarriageReturn)
        {
            TakePiece("\r"u8, isRest: true);
        }

        if (_at > _lineStart)
        {
            EndLine(lineEndBytes: 0);
        }

        if (_isHeader)
        {
            EndHeader(_at);
        }

        CloseDownTo(0, _at, endsContent: true);

        // In a stable order: a new field stands before the body that begins where it is put in.
        _edits = [.. _edits.OrderBy(static edit => edit.Offset)];
    }

    // A CR counts as content until its LF comes.
    private void TakeAfterCarriageReturn(ref ReadOnlySpan<byte> content)
    {
        _pendingCarriageReturn = false;
        if (content[0] == '\n')
        {
            content = content[1..];
            EndLine(lineEndBytes: 2);
        }
        else
        {
            TakePiece("\r"u8, isRest: true);
        }
    }

    private void TakePiece(ReadOnlySpan<byte> piece, bool isRest)
    {
        if (piece.IsEmpty)
        {
            return;
        }

        _lineFacts.Add(piece, isWholeLine: !isRest && _at == _lineStart);
        _at += piece.Length;
        var room = (_isHeader ? MaxHeaderBytes : MaxDelimiterBytes) - _line.WrittenCount;
        if (_isHeader && piece.Length > room)
        {
            Fail("a header is too large");
            return;
        }

        _line.Write(piece[..Math.Min(piece.Length, room)]);
    }

    private void EndLine(int lineEndBytes)
    {
        var lineBytes = _at - _lineStart;
        if (!TryTakeDelimiter(_line.WrittenSpan, lineBytes, lineEndBytes))
        {
            TakeLine(lineBytes, lineEndBytes);
        }

        _at += lineEndBytes;
        _lineStart = _at;
        _line.ResetWrittenCount();
        _lineFacts = BodyFacts.None;
    }

    private void TakeLine(long lineBytes, int lineEndBytes)
    {
        while (_isHeader && Problem is null)
        {
            if (TryTakeHeaderLine(lineEndBytes))
            {
                return;
            }
        }

        if (lineEndBytes > 0)
        {
            _lineFacts.EndLine(lineBytes);
        }

        IsClean &= _lineFacts.IsClean;
        Innermost.Facts.Add(_lineFacts);
    }

    /// <summary>False when the header had ended before this line.</summary>
    private bool TryTakeHeaderLine(int lineEndBytes)
    {
        var line = _line.WrittenSpan;
        if (line.IsEmpty)
        {
            EndHeader(_at + lineEndBytes);
            return true;
        }

        var isContinuation = _header.WrittenCount > 0 && line[0] is (byte)' ' or (byte)'\t';
        if (!isContinuation && HeaderLine.FieldNameLength(line) == 0)
        {
            EndHeader(_lineStart);
            return false;
        }

        if (_header.WrittenCount + line.Length > MaxHeaderBytes)
        {
            Fail("a header is too large");
        }

        IsClean &= _lineFacts.IsClean;
        _header.Write(line);
        _header.Write("\r\n"u8);
        return true;
    }

    private void EndHeader(long bodyStart)
    {
        _isHeader = false;
        var part = Innermost;
        var bytes = _header.WrittenSpan.ToArray();
        _header.ResetWrittenCount();
        part.TakeHeader(HeaderBlock.Parse(bytes), bodyStart);
        if (!Ascii.IsValid(bytes))
        {
            Fail("a header is not ASCII");
            return;
        }

        if (_open.Count == 1)
        {
            HeaderBytes = bodyStart;
            _hasMimeVersion = part.Header.Contains("MIME-Version");
        }

        if (part.Kind == OutlineKind.Message)
        {
            Push(new OutlinePart("text/plain", bodyStart, part.IsProtected));
        }
    }

    private bool TryTakeDelimiter(ReadOnlySpan<byte> line, long lineBytes, int lineEndBytes)
    {
        if (!line.StartsWith("--"u8) || lineBytes > line.Length)
        {
            return false;
        }

        // Outermost first: the delimiter of a parent ends all that is open inside of it.
        for (var i = 0; i < _open.Count; i++)
        {
            if (_open[i] is { Kind: OutlineKind.Multipart, IsClosed: false } multipart && multipart.Match(line) is { } kind and not MimeDelimiterKind.None)
            {
                if (_isHeader)
                {
                    EndHeader(_lineStart);
                    _isHeader = false;
                }

                CloseDownTo(i + 1, Math.Max(_lineStart - 2, Innermost.BodyStart), endsContent: false);
                multipart.IsClosed = kind == MimeDelimiterKind.Close;
                if (kind == MimeDelimiterKind.Open)
                {
                    Push(new OutlinePart(multipart.ChildType, _at + lineEndBytes, multipart.IsProtected || multipart.ProtectsChildren));
                }

                return true;
            }
        }

        return false;
    }

    private void Push(OutlinePart part)
    {
        if (++_parts > MaxParts || _open.Count >= MaxDepth)
        {
            Fail("it has too many parts");
            return;
        }

        _open.Add(part);
        _isHeader = true;
    }

    private void CloseDownTo(int count, long bodyEnd, bool endsContent)
    {
        while (_open.Count > count)
        {
            var part = Innermost;
            _open.RemoveAt(_open.Count - 1);
            Close(part, bodyEnd, endsContent);
        }
    }

    private void Close(OutlinePart part, long bodyEnd, bool endsContent)
    {
        if (part.IsProtected || part.ProtectsChildren)
        {
            if (!part.Facts.IsClean)
            {
                Fail("it is signed or encrypted");
            }

            // Labels inside stay, and so does that of the container: changing them would break the signature around.
            return;
        }

        var encoding = part.EncodingFor7Bit(out var problem);
        if (problem is not null)
        {
            Fail(problem);
            return;
        }

        Relabel(part, encoding);
        if (encoding is "base64" or "quoted-printable" && bodyEnd > part.BodyStart)
        {
            var kind = encoding == "base64" ? ContentEditKind.Base64 : ContentEditKind.QuotedPrintable;
            _edits.Add(new ContentEdit(part.BodyStart, bodyEnd - part.BodyStart, kind, [], endsContent));
        }
    }

    private void Relabel(OutlinePart part, string? encoding)
    {
        if (encoding is null)
        {
            return;
        }

        // Without a blank line an encoded body could be taken for more fields.
        var end = part.HeaderStart + part.Header.Bytes.Length;
        byte[] blankLine = part.BodyStart == end && encoding != "7bit" ? [(byte)'\r', (byte)'\n'] : [];
        var field = Encoding.ASCII.GetBytes($"Content-Transfer-Encoding: {encoding}\r\n");
        if (part.FindEncodingField() is var (offset, length))
        {
            Replace(offset, length, field);
            Replace(end, 0, blankLine);
            return;
        }

        if (part.Header.Fields.Count == 0 && part.HeaderStart == 0)
        {
            // The header of such a message is ours and ends before the content; nothing can be added to it from here.
            Fail("it has no header");
            return;
        }

        Replace(end, 0, [.. part.HeaderStart == 0 && !_hasMimeVersion ? MimeFields(part) : [], .. field, .. blankLine]);
    }

    private void Replace(long offset, int length, byte[] inserted)
    {
        if (length == 0 && inserted.Length == 0)
        {
            return;
        }

        _edits.Add(new ContentEdit(offset, length, ContentEditKind.Replace, inserted));
        if (_open.Count == 0)
        {
            HeaderBytes += inserted.Length - length;
        }
    }

    // A body without MIME labels is text in a charset nobody named (RFC 1428 §3); UTF-8 tells itself.
    private static byte[] MimeFields(OutlinePart part) => Encoding.ASCII.GetBytes(
        "MIME-Version: 1.0\r\n"
        + (part.Header.Contains("Content-Type") ? string.Empty : $"Content-Type: text/plain; charset={(part.Facts.IsUtf8 ? "utf-8" : "unknown-8bit")}\r\n"));

    private void Fail(string problem)
    {
        Problem ??= problem;
        IsClean = false;
    }
}
