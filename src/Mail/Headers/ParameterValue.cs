using System.Buffers;
using System.Globalization;
using System.Text;

namespace Relay.Mail;

/// <summary>A value with parameters, as in Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2183, RFC 2231).</summary>
public sealed class ParameterValue
{
    private const int MaxSegment = 50;

    private static readonly SearchValues<char> Token = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`{|}~");

    // RFC 2231 §7 attribute-char.
    private static readonly SearchValues<char> AttributeCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~");

    /// <exception cref="ArgumentException">A name is no token.</exception>
    public ParameterValue(string value, params IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        foreach (var (name, _) in parameters)
        {
            if (!IsToken(name) || name.Contains('*', StringComparison.Ordinal))
            {
                throw new ArgumentException($"'{name}' is not a parameter name", nameof(parameters));
            }
        }

        Value = value;
        Parameters = parameters;
    }

    private ParameterValue(string value, List<KeyValuePair<string, string>> parsed)
    {
        Value = value;
        Parameters = parsed;
    }

    /// <summary>What stands before the first semicolon, trimmed, as written.</summary>
    public string Value { get; }

    /// <summary>Decoded parameters in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters { get; }

    /// <summary>The first parameter of that name, in any case, or null.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var parameter in Parameters)
            {
                if (parameter.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return parameter.Value;
                }
            }

            return null;
        }
    }

    /// <summary>Reads any text without failing.</summary>
    public static ParameterValue Parse(string text)
    {
        var parser = new ParameterParser(CommentReader.Remove(text));
        var (value, parameters) = parser.Parse();
        return new ParameterValue(value, parameters);
    }

    /// <summary>1 or more token characters (RFC 2045 §5.1).</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);

    /// <summary>The value for a header field, not folded; long and non-ASCII parameters in the form of RFC 2231.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(HeaderFolding.Flatten(Value));
        foreach (var (name, value) in Parameters)
        {
            text.Append("; ");
            if (IsToken(value) && value.Length <= MaxSegment)
            {
                text.Append(name).Append('=').Append(value);
            }
            else if (IsQuotable(value))
            {
                text.Append(name).Append('=').Append(NamedMailbox.Quote(value));
            }
            else
            {
                AppendExtended(text, name, value);
            }
        }

        return text.ToString();
    }

    // What readers could take for an encoded word is not left to chance.
    private static bool IsQuotable(string value) =>
        value.Length <= MaxSegment && !value.AsSpan().ContainsAnyExceptInRange(' ', '~') && !value.Contains("=?", StringComparison.Ordinal);

    private static void AppendExtended(StringBuilder text, string name, string value)
    {
        var segments = Segments(value);
        for (var i = 0; i < segments.Count; i++)
        {
            text.Append(i == 0 ? string.Empty : "; ").Append(name).Append('*');
            if (segments.Count > 1)
            {
                text.Append(CultureInfo.InvariantCulture, $"{i}*");
            }

            text.Append(i == 0 ? "=utf-8''" : "=").Append(segments[i]);
        }
    }

    private static List<string> Segments(string value)
    {
        var segments = new List<string>();
        var segment = new StringBuilder();
        foreach (var rune in value.EnumerateRunes())
        {
            var encoded = PercentEncode(rune);
            if (segment.Length + encoded.Length > MaxSegment)
            {
                segments.Add(segment.ToString());
                segment.Clear();
            }

            segment.Append(encoded);
        }

        segments.Add(segment.ToString());
        return segments;
    }

    private static string PercentEncode(Rune rune)
    {
        if (rune.IsAscii && AttributeCharacters.Contains((char)rune.Value))
        {
            return ((char)rune.Value).ToString();
        }

        Span<byte> bytes = stackalloc byte[4];
        var encoded = new StringBuilder(12);
        foreach (var b in bytes[..rune.EncodeToUtf8(bytes)])
        {
            encoded.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return encoded.ToString();
    }
}
