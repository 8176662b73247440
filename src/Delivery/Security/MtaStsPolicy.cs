using System.Globalization;
using System.Text;
using Relay.Mail;

namespace Relay.Delivery;

internal enum MtaStsMode
{
    None,

    /// <summary>Failures are to be told, not acted upon.</summary>
    Testing,
    Enforce,
}

/// <summary>A domain's published policy about TLS of its mail hosts (RFC 8461 §3.2).</summary>
internal sealed record MtaStsPolicy(string Domain, MtaStsMode Mode, TimeSpan MaxAge, IReadOnlyList<string> Patterns)
{
    private const int LongestAgeSeconds = 31_557_600;
    private const int MaxPatterns = 500;
    private const int MaxShown = 100;

    /// <summary>True when the policy names the host; <c>*.</c> stands for exactly one label (RFC 8461 §4.1).</summary>
    public bool Matches(string host)
    {
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return Patterns.Any(pattern => pattern.StartsWith("*.", StringComparison.Ordinal)
            ? dot > 0 && host.AsSpan(dot).Equals(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase)
            : host.Equals(pattern, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Reads the policy file; null when anything in it is wrong.</summary>
    public static MtaStsPolicy? Parse(string domain, ReadOnlySpan<byte> text) => Parse(domain, text, out _);

    /// <param name="problem">What is wrong: the end of a sentence that begins with the policy; empty when nothing is.</param>
    public static MtaStsPolicy? Parse(string domain, ReadOnlySpan<byte> text, out string problem)
    {
        if (!System.Text.Unicode.Utf8.IsValid(text))
        {
            problem = "is not UTF-8";
            return null;
        }

        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var patterns = new List<string>();
        foreach (var line in Encoding.UTF8.GetString(text).Split('\n').Select(static line => line.TrimEnd('\r', ' ', '\t')))
        {
            if (!TakeLine(line, fields, patterns))
            {
                problem = $"has a line that cannot be read: {RemoteText.Clean(line, MaxShown)}";
                return null;
            }
        }

        MtaStsMode? mode = fields.GetValueOrDefault("mode") switch
        {
            "enforce" => MtaStsMode.Enforce,
            "testing" => MtaStsMode.Testing,
            "none" => MtaStsMode.None,
            _ => null,
        };
        var age = ParseAge(fields.GetValueOrDefault("max_age"));
        problem = fields.GetValueOrDefault("version") != "STSv1" ? "does not say 'version: STSv1'"
            : mode is null ? "has no mode of enforce, testing or none"
            : mode != MtaStsMode.None && patterns.Count == 0 ? "names no mx"
            : age is null ? "has no max_age of 0 to 31557600 seconds"
            : string.Empty;
        return problem.Length == 0 ? new MtaStsPolicy(domain, mode!.Value, age!.Value, patterns) : null;
    }

    // Of a field given twice the first counts; unknown ones are extensions (RFC 8461 §3.2).
    private static bool TakeLine(string line, Dictionary<string, string> fields, List<string> patterns)
    {
        if (line.Length == 0)
        {
            return true;
        }

        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || !line.AsSpan(0, colon).ToString().All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
        {
            return false;
        }

        var value = line[(colon + 1)..].Trim(' ', '\t');
        if (!line.AsSpan(0, colon).SequenceEqual("mx"))
        {
            fields.TryAdd(line[..colon], value);
            return true;
        }

        patterns.Add(value);
        var name = value.StartsWith("*.", StringComparison.Ordinal) ? value.AsSpan(2) : value;
        return patterns.Count <= MaxPatterns && DomainName.TryParse(name, out _);
    }

    private static TimeSpan? ParseAge(string? text) =>
        text is { Length: <= 10 } && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= LongestAgeSeconds
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
