using System.Diagnostics.CodeAnalysis;
using Relay.Mail;

namespace Relay.Platform.Domains;

/// <summary>What may be a sending domain. Whether it is somebody's own, DNS decides: nobody can publish records below a public suffix.</summary>
public static class DomainRules
{
    public const int MaxRegionLength = 64;

    // Names below it must fit DNS too: the longest is that of a DKIM key.
    private const int MaxNameLength = 220;

    /// <param name="problem">For people, when false is returned.</param>
    public static bool TryParseName(string text, [NotNullWhen(true)] out DomainName? name, out string problem)
    {
        if (!DomainName.TryParse(text.Trim().TrimEnd('.'), out name))
        {
            problem = "is not a host name such as mail.example.com";
            return false;
        }

        problem = name.Labels.Count < 2 ? "needs at least two labels, such as example.com"
            : name.Labels[^1].All(char.IsAsciiDigit) ? "is an address, not a domain"
            : name.Ascii.Length > MaxNameLength ? $"has more than {MaxNameLength} characters: records below it would not fit DNS"
            : string.Empty;
        return problem.Length == 0;
    }

    public static bool IsRegion(string text) => text.Length is > 0 and <= MaxRegionLength && !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl);
}
