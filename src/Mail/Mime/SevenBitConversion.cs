namespace Relay.Mail;

/// <summary>How a message becomes one for a peer without 8BITMIME: which header fields change and which bodies are encoded (RFC 6152 §3).</summary>
/// <remarks>
/// 1. One pass finds the parts and what is in them; memory grows with their number only, which is bounded. 2. Leaf parts that are not clean
/// take quoted-printable or base64, whichever costs less; what holds them is relabelled 7bit; everything else stays as it is, octet by octet.
/// 3. <see cref="Open"/> converts as often as it is read. Never touched: multipart/signed and multipart/encrypted (RFC 1847), because that
/// would break what they protect; if those are not clean already, or a header is not ASCII, the message cannot be converted.
/// </remarks>
public sealed class SevenBitConversion
{
    private const int BufferBytes = 64 * 1024;

    private readonly IReadOnlyList<ContentEdit> _edits;

    private SevenBitConversion(MimeOutline outline)
    {
        Problem = outline.Problem;
        IsNeeded = !outline.IsClean;
        _edits = outline.Edits;
        HeaderBytes = outline.HeaderBytes;
    }

    /// <summary>Why the message cannot be converted, as the end of a sentence; null when it can.</summary>
    public string? Problem { get; }

    /// <summary>False when the content is clean: then it may go as it is.</summary>
    public bool IsNeeded { get; }

    /// <summary>Octets of the converted header block with its blank line.</summary>
    public long HeaderBytes { get; }

    /// <summary>Reads the content once. Its line ends are CRLF, but for what is binary.</summary>
    public static async ValueTask<SevenBitConversion> PlanAsync(Stream content, CancellationToken cancellationToken)
    {
        var outline = new MimeOutline();
        var buffer = new byte[BufferBytes];
        int count;
        while (outline.Problem is null && (count = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            outline.Append(buffer.AsSpan(0, count));
        }

        outline.End();
        return new SevenBitConversion(outline);
    }

    /// <summary>The converted content; disposing it disposes <paramref name="content"/>, which must be the one that was planned for.</summary>
    public Stream Open(Stream content) => new SevenBitStream(content, _edits);

    /// <summary>Octets of the converted content.</summary>
    public async ValueTask<long> MeasureAsync(Stream content, CancellationToken cancellationToken)
    {
        await using var converted = Open(content);
        var buffer = new byte[BufferBytes];
        long total = 0;
        int count;
        while ((count = await converted.ReadAsync(buffer, cancellationToken)) > 0)
        {
            total += count;
        }

        return total;
    }
}
