using System.Buffers;
using System.Security.Cryptography;

namespace Relay.Dkim;

/// <summary>Canonicalises a body piece by piece and hashes the result with SHA-256 (RFC 6376 §3.4.3, §3.4.4, §3.7).</summary>
/// <remarks>
/// The cut of the input into pieces never matters. What may still vanish (white space and line ends that could be the
/// last ones) is only counted until content follows, so memory is one buffer for any body. Only CRLF ends a line; a bare CR
/// or LF is content. Not thread safe.
/// </remarks>
internal sealed class BodyCanonicalizer : IDisposable
{
    private const int BufferLength = 16 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
    private readonly bool _relaxed;
    private readonly long _hashedLimit;
    private int _buffered;
    private long _pendingLineEnds;
    private bool _pendingSpace;
    private bool _pendingCarriageReturn;
    private bool _disposed;

    /// <param name="hashedLimit">l=: canonical octets that are hashed; the rest is only counted. Null means all.</param>
    public BodyCanonicalizer(DkimCanonicalization form, long? hashedLimit = null)
    {
        _relaxed = form == DkimCanonicalization.Relaxed;
        _hashedLimit = hashedLimit ?? long.MaxValue;
    }

    /// <summary>Canonical octets so far, those beyond the limit included; final after <see cref="Finish"/>.</summary>
    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_pendingCarriageReturn)
            {
                data = data[AfterCarriageReturn(data[0])..];
                continue;
            }

            var carriageReturn = data.IndexOf((byte)'\r');
            if (carriageReturn < 0)
            {
                AppendText(data);
                return;
            }

            if (carriageReturn > 0)
            {
                AppendText(data[..carriageReturn]);
            }

            _pendingCarriageReturn = true;
            data = data[(carriageReturn + 1)..];
        }
    }

    /// <summary>Ends the body and writes the 32-byte hash; called once.</summary>
    public void Finish(Span<byte> hash)
    {
        if (_pendingCarriageReturn)
        {
            _pendingCarriageReturn = false;
            AppendContent("\r"u8);
        }

        // An empty body is CRLF in the simple form and nothing in the relaxed one.
        if (!_relaxed || Length > 0)
        {
            Write("\r\n"u8);
        }

        Flush();
        _hash.GetHashAndReset(hash);
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _hash.Dispose();
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    /// <summary>Returns how many octets of the input belong to the line end.</summary>
    private int AfterCarriageReturn(byte next)
    {
        _pendingCarriageReturn = false;
        if (next == (byte)'\n')
        {
            _pendingLineEnds++;
            _pendingSpace = false;
            return 1;
        }

        AppendContent("\r"u8);
        return 0;
    }

    private void AppendText(ReadOnlySpan<byte> text)
    {
        if (!_relaxed || IsRelaxedAlready(text))
        {
            AppendContent(text);
            return;
        }

        while (!text.IsEmpty)
        {
            var space = text.IndexOfAny((byte)' ', (byte)'\t');
            if (space < 0)
            {
                AppendContent(text);
                return;
            }

            if (space > 0)
            {
                AppendContent(text[..space]);
            }

            _pendingSpace = true;
            var content = text[space..].IndexOfAnyExcept((byte)' ', (byte)'\t');
            text = content < 0 ? default : text[(space + content)..];
        }
    }

    // Nearly every line: three vectorised looks instead of one per word.
    private bool IsRelaxedAlready(ReadOnlySpan<byte> text) =>
        text[^1] != (byte)' '
        && !(_pendingSpace && text[0] == (byte)' ')
        && !text.Contains((byte)'\t')
        && text.IndexOf("  "u8) < 0;

    private void AppendContent(ReadOnlySpan<byte> content)
    {
        for (; _pendingLineEnds > 0; _pendingLineEnds--)
        {
            Write("\r\n"u8);
        }

        if (_pendingSpace)
        {
            _pendingSpace = false;
            Write(" "u8);
        }

        Write(content);
    }

    private void Write(ReadOnlySpan<byte> canonical)
    {
        var hashable = Math.Min(canonical.Length, Math.Max(0, _hashedLimit - Length));
        Length += canonical.Length;
        canonical = canonical[..(int)hashable];
        if (canonical.Length > _buffer.Length - _buffered)
        {
            Flush();
            if (canonical.Length > _buffer.Length)
            {
                _hash.AppendData(canonical);
                return;
            }
        }

        canonical.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += canonical.Length;
    }

    private void Flush()
    {
        _hash.AppendData(_buffer, 0, _buffered);
        _buffered = 0;
    }
}
