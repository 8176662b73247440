using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Relay.Dns;

/// <summary>A record, read whole before anything of it is asked: an error anywhere makes all of it void (RFC 7208 §4.6).</summary>
internal sealed partial record SpfRecord
{
    private const string Version = "v=spf1";

    public required IReadOnlyList<SpfTerm> Terms { get; init; }

    public SpfMacroText? Redirect { get; init; }

    public SpfMacroText? Explanation { get; init; }

    /// <summary>RFC 7208 §4.5: the version alone tells which of a name's TXT records are meant.</summary>
    public static bool IsMeant(string text) =>
        text.StartsWith(Version, StringComparison.OrdinalIgnoreCase) && (text.Length == Version.Length || text[Version.Length] == ' ');

    /// <param name="problem">The term that cannot be read.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out SpfRecord? record, [NotNullWhen(false)] out string? problem)
    {
        record = null;
        var terms = new List<SpfTerm>();
        SpfMacroText? redirect = null, explanation = null;
        foreach (var word in text[Version.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            problem = $"'{Shown(word)}' cannot be read";
            if (Modifier().Match(word) is { Success: true } modifier)
            {
                var (name, value) = (modifier.Groups[1].Value.ToLowerInvariant(), modifier.Groups[2].Value);
                if (!SpfMacroText.TryParse(value, isExplanation: false, out var parsed)
                    || (name is "redirect" or "exp" && !IsDomainSpec(parsed, value))
                    || (name == "redirect" && redirect is not null)
                    || (name == "exp" && explanation is not null))
                {
                    return false;
                }

                redirect = name == "redirect" ? parsed : redirect;
                explanation = name == "exp" ? parsed : explanation;
            }
            else if (ParseTerm(word) is { } term)
            {
                terms.Add(term);
            }
            else
            {
                return false;
            }
        }

        problem = null;
        record = new SpfRecord { Terms = terms, Redirect = redirect, Explanation = explanation };
        return true;
    }

    private static SpfTerm? ParseTerm(string word)
    {
        var result = word[0] switch { '-' => SpfOutcome.Fail, '~' => SpfOutcome.SoftFail, '?' => SpfOutcome.Neutral, _ => SpfOutcome.Pass };
        var rest = word[0] is '+' or '-' or '~' or '?' ? word[1..] : word;
        var match = MechanismWord().Match(rest);
        if (!match.Success || !Enum.TryParse<SpfMechanism>(match.Groups[1].Value, ignoreCase: true, out var mechanism))
        {
            return null;
        }

        var term = new SpfTerm(word, mechanism, result);
        var argument = match.Groups[2].Value;
        return mechanism switch
        {
            SpfMechanism.All => argument.Length == 0 ? term : null,
            SpfMechanism.Ip4 or SpfMechanism.Ip6 => WithNetwork(term, argument),
            SpfMechanism.A or SpfMechanism.Mx => WithPrefixes(term, argument),
            SpfMechanism.Ptr => argument.Length == 0 ? term : WithDomain(term, argument),
            _ => WithDomain(term, argument),
        };
    }

    private static SpfTerm? WithDomain(SpfTerm term, string argument) =>
        argument.StartsWith(':') && SpfMacroText.TryParse(argument[1..], isExplanation: false, out var domain) && IsDomainSpec(domain, argument[1..])
            ? term with { Domain = domain }
            : null;

    private static SpfTerm? WithPrefixes(SpfTerm term, string argument)
    {
        var prefixes = Prefixes().Match(argument);
        if (!TryPrefix(prefixes.Groups[1].Value, 32, out var prefix4) || !TryPrefix(prefixes.Groups[2].Value, 128, out var prefix6))
        {
            return null;
        }

        term = term with { Prefix4 = prefix4, Prefix6 = prefix6 };
        var domain = argument[..^prefixes.Length];
        return domain.Length == 0 ? term : WithDomain(term, domain);
    }

    private static SpfTerm? WithNetwork(SpfTerm term, string argument)
    {
        var isSix = term.Mechanism == SpfMechanism.Ip6;
        var parts = argument.StartsWith(':') ? argument[1..].Split('/') : [];
        if (parts.Length is not (1 or 2)
            || !TryPrefix(parts.Length == 2 ? parts[1] : string.Empty, isSix ? 128 : 32, out var prefix)
            || (parts.Length == 2 && parts[1].Length == 0)
            || !(isSix ? SixForm() : FourForm()).IsMatch(parts[0])
            || !IPAddress.TryParse(parts[0], out var network)
            || network.AddressFamily != (isSix ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork))
        {
            return null;
        }

        return isSix ? term with { Network = network, Prefix6 = prefix } : term with { Network = network, Prefix4 = prefix };
    }

    // No leading zero (RFC 7208 §5.6); an absent one is the whole address.
    private static bool TryPrefix(string text, int most, out int prefix)
    {
        prefix = most;
        return text.Length == 0
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out prefix) && prefix <= most && (text == "0" || text[0] != '0'));
    }

    // domain-end: a label of letters that is not all digits, or a macro.
    private static bool IsDomainSpec(SpfMacroText parsed, string written) => parsed.EndsWithMacro || (written.Length > 0 && TopLabel().IsMatch(parsed.Tail));

    private static string Shown(string word) => new([.. word.Take(60).Select(c => c is > ' ' and <= '~' ? c : '?')]);

    [GeneratedRegex(@"^([A-Za-z][A-Za-z0-9_.-]*)=(.*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Modifier();

    [GeneratedRegex(@"^([A-Za-z][A-Za-z0-9]*)((?:[:/].*)?)\z", RegexOptions.CultureInvariant)]
    private static partial Regex MechanismWord();

    [GeneratedRegex(@"(?:/([0-9]+))?(?://([0-9]+))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Prefixes();

    [GeneratedRegex(@"^[0-9]{1,3}(\.[0-9]{1,3}){3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FourForm();

    [GeneratedRegex(@"^[0-9A-Fa-f:.]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex SixForm();

    [GeneratedRegex(@"\.(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])\.?\z", RegexOptions.CultureInvariant)]
    private static partial Regex TopLabel();
}
