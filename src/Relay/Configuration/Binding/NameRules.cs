using Relay.Mail;

namespace Relay;

/// <summary>Which names tables such as <c>[listener.NAME]</c> may have.</summary>
internal static class NameRules
{
    private const int MaxPlainLength = 64;
    private const int MaxTextLength = 256;
    private const string Any = "*";

    /// <summary>The name as it is kept, null when it is not allowed.</summary>
    public static string? Normalise(NameKind kind, string name) => kind switch
    {
        NameKind.Plain => IsPlain(name) ? name : null,
        NameKind.DomainOrAny or NameKind.DomainTreeOrAny or NameKind.NumberOrAny or NameKind.TextOrAny when name == Any => Any,
        NameKind.NumberOrAny => name.Length is > 0 and <= 18 && name.All(char.IsAsciiDigit) && name[0] != '0' ? name : null,
        NameKind.TextOrAny => name.Length <= MaxTextLength ? SettingTypes.PlainText(name) : null,
        NameKind.DomainTreeOrAny when name.StartsWith('.') => DomainOf(name[1..]) is { } domain ? "." + domain : null,
        _ => DomainOf(name),
    };

    public static string Allowed(NameKind kind) => kind switch
    {
        NameKind.Plain => "lower-case letters, digits, - and single _ inside",
        NameKind.NumberOrAny => "a quoted number such as \"7\", or \"*\" for each other one",
        NameKind.TextOrAny => "a quoted text, or \"*\" for each other one",
        NameKind.Domain => "a quoted domain such as \"example.com\"",
        NameKind.DomainOrAny => "a quoted domain such as \"example.com\", or \"*\"",
        _ => "a quoted domain such as \"example.com\", \".example.com\" for all below it, or \"*\"",
    };

    /// <summary>The name that a segment of an environment variable makes, when no table of the file matches it: dots stand as _.</summary>
    public static string? FromSegment(NameKind kind, string segment)
    {
        var name = segment.ToLowerInvariant();
        if (kind is NameKind.Plain or NameKind.NumberOrAny)
        {
            return Normalise(kind, name);
        }

        return name == "default" ? Normalise(kind, Any)
            : kind == NameKind.TextOrAny ? Normalise(kind, name)
            : Normalise(kind, name.Replace('_', '.'));
    }

    private static string? DomainOf(string name) => DomainName.TryParse(name, out var domain) ? domain.Ascii : null;

    private static bool IsPlain(string name) =>
        name.Length is > 0 and <= MaxPlainLength
        && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
        && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_')
        && !name.Contains("__", StringComparison.Ordinal);
}
