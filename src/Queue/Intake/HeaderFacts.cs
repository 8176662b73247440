using Relay.Mail;

namespace Relay.Queue;

/// <summary>What the intake needs to know of a header block.</summary>
internal sealed record HeaderFacts
{
    private const int MaxTextLength = 1000;

    /// <summary>The content starts with a header block; otherwise its first octet belongs to the body already.</summary>
    public required bool HasHeader { get; init; }

    public required bool HasDate { get; init; }

    public required HeaderBlock Block { get; init; }

    public string? From { get; init; }

    /// <summary>Domain of the first From mailbox, A-label.</summary>
    public string? FromDomain { get; init; }

    public string? Subject { get; init; }

    public string? MessageId { get; init; }

    public int ReceivedCount => Received.Count;

    private IReadOnlyList<string> Received { get; init; } = [];

    public static HeaderFacts Read(HeaderReader reader)
    {
        var block = reader.ToBlock();
        var from = block.Find("From");
        return new HeaderFacts
        {
            HasHeader = reader.HeaderBytes > 0,
            HasDate = block.Find("Date") is not null,
            Block = block,
            From = Bound(from?.Text),
            FromDomain = from is null ? null : FirstDomain(from),
            Subject = Bound(block.Find("Subject")?.Text),
            MessageId = Bound(block.Find("Message-ID")?.Text.Trim()),
            Received = [.. block.FindAll("Received").Select(field => field.Text)],
        };
    }

    /// <summary>How often a host of this name has stamped the message (the by clause of RFC 5321 §4.4).</summary>
    public int CountReceivedBy(string hostname) => Received.Count(text => NamesBy(text, hostname));

    // Where no further clause follows, the semicolon before the date stands right behind the name.
    private static bool NamesBy(string text, string hostname)
    {
        var clause = "by " + hostname;
        for (var at = -1; (at = text.IndexOf(clause, at + 1, StringComparison.OrdinalIgnoreCase)) >= 0;)
        {
            var isWord = at == 0 || char.IsWhiteSpace(text[at - 1]);
            var end = at + clause.Length;
            if (isWord && (end == text.Length || char.IsWhiteSpace(text[end]) || text[end] is ';' or '('))
            {
                return true;
            }
        }

        return false;
    }

    // Not of the decoded text: what an encoded word decodes to is a name, whatever stands in it (RFC 2047 §5).
    private static string? FirstDomain(HeaderField from) =>
        AddressList.Parse(from.Value) is [var first, ..] ? first.Mailbox.Domain?.Ascii : null;

    private static string? Bound(string? text) => text is { Length: > MaxTextLength } ? text[..MaxTextLength] : text;
}
