namespace Relay.Mail;

/// <summary>Message-ID, In-Reply-To and References (RFC 5322 §3.6.4).</summary>
public static class MessageIdField
{
    private const int MaxIds = 1000;
    private const int MaxLength = 900;

    /// <summary><c>&lt;queueid@host&gt;</c></summary>
    /// <exception cref="ArgumentException">The parts do not make a message identifier.</exception>
    public static string Make(string queueId, string host)
    {
        var id = $"<{queueId}@{host}>";
        return IsValid(id) ? id : throw new ArgumentException($"'{queueId}' and '{host}' do not make a message identifier");
    }

    /// <summary>True for one bracketed identifier of printable ASCII that is safe to write into a field.</summary>
    public static bool IsValid(ReadOnlySpan<char> id) =>
        id.Length is >= 3 and <= MaxLength
        && id[0] == '<'
        && id[^1] == '>'
        && !id[1..^1].ContainsAnyExceptInRange('!', '~')
        && !id[1..^1].ContainsAny('<', '>');

    /// <summary>The identifiers of a field without brackets. A value without any bracket counts as one identifier.</summary>
    public static IReadOnlyList<string> ParseList(string text)
    {
        var ids = new List<string>();
        var rest = text.AsSpan().Trim();
        if (!rest.Contains('<'))
        {
            return rest.IsEmpty ? [] : [rest.ToString()];
        }

        while (ids.Count < MaxIds && rest.IndexOf('<') is >= 0 and var start)
        {
            rest = rest[(start + 1)..];
            var end = rest.IndexOf('>');
            var id = (end < 0 ? rest : rest[..end]).Trim();
            if (!id.IsEmpty)
            {
                ids.Add(id.ToString());
            }

            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return ids;
    }
}
