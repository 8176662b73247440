using System.Globalization;
using System.Text;

namespace Relay.Mail;

/// <summary>A reply of either side as a value: code, enhanced code and lines of text (RFC 5321 §4.2, RFC 2034).</summary>
public sealed class SmtpReply : IEquatable<SmtpReply>
{
    /// <summary>Lines that go out of one reply; more than any extension list needs.</summary>
    public const int MaxWireLines = 100;

    private const int MaxWireLineLength = 512;

    public SmtpReply(int code, EnhancedStatusCode? enhanced, params IReadOnlyList<string> lines)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(code, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, 599);
        Code = code;
        Enhanced = enhanced;
        Lines = lines.Count == 0 ? [string.Empty] : lines;
    }

    /// <summary>200–599.</summary>
    public int Code { get; }

    /// <summary>Null where none may be carried (greeting, EHLO, 3xx) or the peer sent none.</summary>
    public EnhancedStatusCode? Enhanced { get; }

    /// <summary>Text of each line without code, separator and enhanced code; at least one line.</summary>
    public IReadOnlyList<string> Lines { get; }

    public bool IsPositive => Code / 100 == 2;

    public bool IsIntermediate => Code / 100 == 3;

    public bool IsTemporary => Code / 100 == 4;

    public bool IsPermanent => Code / 100 == 5;

    /// <summary>All lines as one sentence, for logs and reports.</summary>
    public string Text => Lines.Count == 1 ? Lines[0] : string.Join(' ', Lines);

    /// <summary>Makes a reply with an enhanced code, for example <c>Of(550, "5.7.1", "relaying denied")</c>.</summary>
    public static SmtpReply Of(int code, string enhanced, string text) => new(code, EnhancedStatusCode.Parse(enhanced), text);

    /// <summary>Makes a reply that carries no enhanced code.</summary>
    public static SmtpReply Of(int code, string text) => new(code, null, text);

    public bool Equals(SmtpReply? other) =>
        other is not null && Code == other.Code && Enhanced == other.Enhanced && Lines.SequenceEqual(other.Lines);

    public override bool Equals(object? obj) => Equals(obj as SmtpReply);

    public override int GetHashCode() => HashCode.Combine(Code, Enhanced, Lines[0]);

    /// <summary>One line: code, enhanced code, text.</summary>
    public override string ToString() =>
        Enhanced is { } enhanced
            ? string.Create(CultureInfo.InvariantCulture, $"{Code} {enhanced} {Text}")
            : string.Create(CultureInfo.InvariantCulture, $"{Code} {Text}");

    /// <summary>Wire form: every line with code, separator, enhanced code and CRLF.</summary>
    /// <remarks>
    /// Whatever the lines hold: each goes out as printable ASCII of at most 512 octets with its CRLF (RFC 5321 §4.5.3.1.5),
    /// and there are at most <see cref="MaxWireLines"/>. Text that came from elsewhere cannot add a line.
    /// </remarks>
    public string ToWire()
    {
        var wire = new StringBuilder();
        var count = Math.Min(Lines.Count, MaxWireLines);
        for (var i = 0; i < count; i++)
        {
            var start = wire.Length;
            wire.Append(CultureInfo.InvariantCulture, $"{Code}{(i == count - 1 ? ' ' : '-')}");
            if (Enhanced is { } enhanced)
            {
                wire.Append(enhanced.ToString()).Append(' ');
            }

            AppendPrintable(wire, Lines[i], MaxWireLineLength - 2 - (wire.Length - start));
            wire.Append("\r\n");
        }

        return wire.ToString();
    }

    private static void AppendPrintable(StringBuilder wire, string line, int maxLength)
    {
        foreach (var c in line.AsSpan(0, Math.Min(line.Length, maxLength)))
        {
            wire.Append(c is >= ' ' and <= '~' ? c : char.IsControl(c) ? ' ' : '?');
        }
    }
}
