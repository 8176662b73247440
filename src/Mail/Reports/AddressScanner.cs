using System.Text.RegularExpressions;

namespace Relay.Mail;

/// <summary>Finds addresses in lines of text.</summary>
internal static class AddressScanner
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    // A local part as people have it, or a quoted one; a domain of letters, digits and hyphens, of any script.
    private static readonly Regex Pattern = new(
        """("[^"\s]{1,64}"|[^\s<>()\[\]:;,"'@=\\|]{1,64})@([\p{L}\p{N}](?:[\p{L}\p{N}._-]{0,253}[\p{L}\p{N}])?)""", Options);

    public static IEnumerable<FoundAddress> Find(string line)
    {
        foreach (Match match in Pattern.Matches(line))
        {
            var local = match.Groups[1].Value.Trim('*', '.', '`', '{', '}');
            var domain = match.Groups[2].Value;
            if (local.Length > 0 && !IsInLink(line, match.Index))
            {
                var start = match.Index + match.Groups[1].Value.IndexOf(local, StringComparison.Ordinal);
                var isBracketed = start > 0 && line[start - 1] == '<';
                yield return new FoundAddress(local + "@" + domain, start, match.Index + match.Length - start, isBracketed);
            }
        }
    }

    /// <summary>The first address of a text that holds little else, without brackets, type and comments; null when there is none.</summary>
    public static string? First(string? text) => text is null ? null : Find(text).Select(found => found.Address).FirstOrDefault();

    private static bool IsInLink(string line, int at)
    {
        var word = line.LastIndexOf(' ', at) + 1;
        return line.AsSpan(word, at - word).Contains("://", StringComparison.Ordinal);
    }
}

internal readonly record struct FoundAddress(string Address, int Start, int Length, bool IsBracketed)
{
    public int End => Start + Length;
}
