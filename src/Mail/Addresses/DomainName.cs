using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Relay.Mail;

/// <summary>A mail domain: compared by its lower-case A-label form, shown in its U-label form (RFC 5321 §2.3.5, RFC 5890).</summary>
/// <remarks>At least one label, labels of 1–63 letters, digits and inner hyphens, at most 253 octets; no trailing dot is kept.</remarks>
public sealed class DomainName : IEquatable<DomainName>
{
    private const int MaxLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = false, AllowUnassigned = false };

    private DomainName(string ascii) => Ascii = ascii;

    /// <summary>Lower-case A-label form, as sent on the wire and compared.</summary>
    public string Ascii { get; }

    /// <summary>U-label form for people; equals <see cref="Ascii"/> when nothing is encoded.</summary>
    public string Unicode => Ascii.Contains("xn--", StringComparison.Ordinal) ? ToUnicode(Ascii) : Ascii;

    /// <summary>The labels, most specific first.</summary>
    public IReadOnlyList<string> Labels => Ascii.Split('.');

    public static DomainName Parse(string text) =>
        TryParse(text, out var domain) ? domain : throw new FormatException($"'{text}' is not a domain name");

    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out DomainName? domain)
    {
        domain = null;
        if (text.IsEmpty || text.Length > MaxLength)
        {
            return false;
        }

        Span<char> lower = stackalloc char[MaxLength];
        if (System.Text.Ascii.ToLower(text, lower, out var length) == OperationStatus.Done)
        {
            lower = lower[..length];
            domain = IsValid(lower) ? new DomainName(lower.ToString()) : null;
            return domain is not null;
        }

        if (!TryToAscii(text.ToString(), out var ascii) || !IsValid(ascii))
        {
            return false;
        }

        domain = new DomainName(ascii);
        return true;
    }

    /// <summary>True when this domain equals <paramref name="parent"/> or lies below it.</summary>
    public bool IsWithin(DomainName parent) =>
        Equals(parent)
        || (Ascii.Length > parent.Ascii.Length
            && Ascii[^(parent.Ascii.Length + 1)] == '.'
            && Ascii.EndsWith(parent.Ascii, StringComparison.Ordinal));

    public bool Equals(DomainName? other) => other is not null && Ascii == other.Ascii;

    public override bool Equals(object? obj) => Equals(obj as DomainName);

    public override int GetHashCode() => Ascii.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Ascii;

    private static bool IsValid(ReadOnlySpan<char> ascii)
    {
        if (ascii.Length > MaxLength)
        {
            return false;
        }

        var labelLength = 0;
        for (var i = 0; i < ascii.Length; i++)
        {
            var c = ascii[i];
            if (c == '.')
            {
                if (labelLength == 0 || ascii[i - 1] == '-')
                {
                    return false;
                }

                labelLength = 0;
                continue;
            }

            var isHyphen = c == '-';
            if ((!char.IsAsciiLetterOrDigit(c) && !isHyphen) || (isHyphen && labelLength == 0) || ++labelLength > MaxLabelLength)
            {
                return false;
            }
        }

        return labelLength > 0 && ascii[^1] != '-';
    }

    private static bool TryToAscii(string text, out string ascii)
    {
        try
        {
            ascii = Idn.GetAscii(text).ToLowerInvariant();
            return true;
        }
        catch (ArgumentException)
        {
            ascii = string.Empty;
            return false;
        }
    }

    private static string ToUnicode(string ascii)
    {
        try
        {
            return Idn.GetUnicode(ascii);
        }
        catch (ArgumentException)
        {
            return ascii;
        }
    }
}
