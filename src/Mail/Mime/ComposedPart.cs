using System.Security.Cryptography;
using System.Text;

namespace Relay.Mail;

/// <summary>A part on its way out: header fields and a body that is written piece by piece.</summary>
internal sealed class ComposedPart
{
    private readonly StringBuilder _header = new();
    private readonly Func<Stream, CancellationToken, ValueTask> _writeBody;

    public ComposedPart(string contentType, string transferEncoding, ReadOnlyMemory<byte> body)
        : this(contentType, transferEncoding, (output, token) => output.WriteAsync(body, token))
    {
    }

    public ComposedPart(string contentType, string transferEncoding, Func<Stream, CancellationToken, ValueTask> writeBody)
    {
        _writeBody = writeBody;
        Add("Content-Type", contentType);
        if (transferEncoding != "7bit")
        {
            Add("Content-Transfer-Encoding", transferEncoding);
        }

        IsEightBit = transferEncoding is "8bit";
    }

    private ComposedPart(ParameterValue contentType, IReadOnlyList<ComposedPart> parts, string boundary)
        : this(contentType.ToString(), "7bit", (output, token) => WritePartsAsync(output, parts, boundary, token))
    {
        IsEightBit = parts.Any(part => part.IsEightBit);

        // RFC 2045 §6.4: a multipart is labelled with the widest encoding inside.
        if (IsEightBit)
        {
            Add("Content-Transfer-Encoding", "8bit");
        }
    }

    /// <summary>True when the bytes need 8BITMIME.</summary>
    public bool IsEightBit { get; }

    /// <summary>The header fields without blank line.</summary>
    public string Header => _header.ToString();

    /// <summary>A multipart; "=_" in the boundary cannot occur in quoted-printable or base64 (RFC 2045 §6.7), the rest cannot be guessed.</summary>
    public static ComposedPart Multipart(string subtype, IReadOnlyList<ComposedPart> parts, params IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        var boundary = "=_" + RandomNumberGenerator.GetHexString(32, lowercase: true);
        return new ComposedPart(new ParameterValue("multipart/" + subtype, [.. parameters, new("boundary", boundary)]), parts, boundary);
    }

    public ComposedPart Add(string name, string value)
    {
        _header.Append(HeaderFolding.Field(name, value));
        return this;
    }

    public ValueTask WriteBodyAsync(Stream output, CancellationToken cancellationToken) => _writeBody(output, cancellationToken);

    private static async ValueTask WritePartsAsync(Stream output, IReadOnlyList<ComposedPart> parts, string boundary, CancellationToken cancellationToken)
    {
        foreach (var part in parts)
        {
            await output.WriteAsync(Encoding.UTF8.GetBytes($"--{boundary}\r\n{part.Header}\r\n"), cancellationToken);
            await part.WriteBodyAsync(output, cancellationToken);
            await output.WriteAsync("\r\n"u8.ToArray(), cancellationToken);
        }

        await output.WriteAsync(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"), cancellationToken);
    }
}
