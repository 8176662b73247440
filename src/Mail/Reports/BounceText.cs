using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Relay.Mail;

/// <summary>What a report says to people: the lines of its text parts up to where the original message begins.</summary>
internal sealed class BounceText
{
    public const int MaxCharacters = 128 * 1024;

    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    private static readonly Regex Tag = new("<[^<>]{0,2000}>", Options);
    private static readonly Regex FieldName = new(@"^[!-9;-~]{1,60}:", Options);

    // Fields that only the header of a message has.
    private static readonly string[] SureNames = ["received", "return-path", "message-id", "dkim-signature", "x-received", "arc-seal", "delivered-to"];

    // A line that says nothing but that the original message begins.
    private static readonly Regex Marker = new(
        @"^[\W_]{0,100}(((everything )?below this line|here|this) is a copy of (the|your)( original)? message|(a )?copy of (the|your)( original)? message( follows)?|(the )?(original|returned|unsent|undelivered|rejected|failed) (message|mail)( text| headers?)?( follows?| below| as received is as follows)?|message (text|headers?|body) (follows?|suppressed)|your message reads \(in part\)|the first [0-9]+ lines of (the|your) (original )?message follow)(, including all the headers)?[\W_]{0,100}$", Options);

    private BounceText(IReadOnlyList<string> lines, HeaderBlock original, ReadOnlyMemory<byte> originalContent, bool returnsMessage)
    {
        OriginalContent = originalContent;
        Lines = lines;
        Original = original;
        ReturnsMessage = returnsMessage;
    }

    public IReadOnlyList<string> Lines { get; }

    /// <summary>Header of the original message where the text holds it; else empty.</summary>
    public HeaderBlock Original { get; }

    /// <summary>The original message stands in the text, or the line does that would be above it.</summary>
    public bool ReturnsMessage { get; }

    /// <summary>All that stands there of the original message.</summary>
    public ReadOnlyMemory<byte> OriginalContent { get; }

    public string All => string.Join('\n', Lines);

    public static BounceText Of(MimeEntity message)
    {
        var lines = new List<string>();
        var original = HeaderBlock.Empty;
        var content = ReadOnlyMemory<byte>.Empty;
        var room = MaxCharacters;
        var isMarked = false;
        foreach (var text in Texts(message))
        {
            var part = Bound(text, ref room).ReplaceLineEndings("\n").Split('\n');
            var begin = FindOriginal(part);
            var marker = FindMarker(part);
            isMarked |= marker < part.Length;
            lines.AddRange(part.Take(Math.Min(begin, marker)));
            if (begin < part.Length)
            {
                content = Encoding.UTF8.GetBytes(string.Join("\r\n", part.Skip(begin)) + "\r\n");
                original = HeaderBlock.Parse(content);
                break;
            }
        }

        return new BounceText(lines, original, content, isMarked || !content.IsEmpty);
    }

    private static IEnumerable<string> Texts(MimeEntity message)
    {
        var own = message.OwnParts().Where(part => !part.IsMultipart || part.Children.Count == 0).ToList();
        var plain = own.Where(part => part.MediaType.StartsWith("text/", StringComparison.Ordinal)
            && part.MediaType is not ("text/html" or "text/rfc822-headers" or "text/rfc822-header" or "text/calendar" or "text/x-amp-html")).ToList();
        if (plain.Count > 0)
        {
            return plain.Select(part => part.GetText());
        }

        var html = own.Where(part => part.MediaType == "text/html").ToList();
        return html.Count > 0 ? html.Select(part => FromHtml(part.GetText()))
            : own.Where(part => part.IsMultipart).Select(part => Charset.DecodeUnlabelled(part.RawBody.Span));
    }

    private static string Bound(string text, ref int room)
    {
        var kept = text.Length > room ? text[..room] : text;
        room -= kept.Length;
        return kept;
    }

    private static string FromHtml(string html)
    {
        var broken = html.Length > MaxCharacters ? html[..MaxCharacters] : html;
        foreach (var tag in new[] { "<br", "</p", "</div", "</tr", "</td", "</h" })
        {
            broken = broken.Replace(tag, "\n" + tag, StringComparison.OrdinalIgnoreCase);
        }

        return WebUtility.HtmlDecode(Tag.Replace(broken, string.Empty));
    }

    /// <summary>The line that announces the original message below what the report says; the number of lines when there is none.</summary>
    private static int FindMarker(string[] lines)
    {
        var start = Array.FindIndex(lines, line => !string.IsNullOrWhiteSpace(line));
        var at = start < 0 ? -1 : Array.FindIndex(lines, start + 1, line => line.Length is > 4 and < 200 && Marker.IsMatch(line));
        return at < 0 ? lines.Length : at;
    }

    /// <summary>The line at which the header of the original message begins; the number of lines when there is none.</summary>
    private static int FindOriginal(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (FieldName.IsMatch(lines[i]) && IsMessageHeader(lines, i))
            {
                return i;
            }
        }

        return lines.Length;
    }

    private static bool IsMessageHeader(string[] lines, int start)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = start; i < lines.Length && i < start + 200; i++)
        {
            if (lines[i].Length > 0 && lines[i][0] is ' ' or '\t' && i > start)
            {
                continue;
            }

            if (!FieldName.IsMatch(lines[i]))
            {
                break;
            }

            names.Add(lines[i][..lines[i].IndexOf(':', StringComparison.Ordinal)]);
        }

        // The fields of a report, and of an error in capital letters, are no such header.
        return names.Count >= 2 && !names.Contains("Reporting-MTA") && !names.Contains("Final-Recipient")
            && (SureNames.Any(names.Contains) || (names.Contains("From") && names.Contains("Subject") && (names.Contains("To") || names.Contains("Date"))));
    }
}
