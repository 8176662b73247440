using System.Globalization;
using HandlebarsDotNet;

namespace Relay.Platform.Templates;

/// <summary>What a template may call. Pure functions of their arguments: no files, no network, no clock.</summary>
internal static class TemplateHelpers
{
    private const int MaxFormatLength = 100;

    private static readonly Dictionary<string, Helper> Own = new(StringComparer.Ordinal)
    {
        ["default"] = new(2, 2, arguments => Text(arguments[0]) is { Length: > 0 } value ? value : Text(arguments[1])),
        ["upper"] = new(1, 1, arguments => Text(arguments[0]).ToUpperInvariant()),
        ["lower"] = new(1, 1, arguments => Text(arguments[0]).ToLowerInvariant()),
        ["urlencode"] = new(1, 1, arguments => Uri.EscapeDataString(Text(arguments[0]))),
        ["date"] = new(2, 2, arguments => FormatDate(Text(arguments[0]), Text(arguments[1]))),
        ["eq"] = new(2, 2, arguments => AreEqual(arguments)),
        ["ne"] = new(2, 2, arguments => !AreEqual(arguments)),
    };

    private static readonly Dictionary<string, Helper> BuiltIn = new(StringComparer.Ordinal) { ["lookup"] = new(2, 2, null) };

    public static string Names { get; } = string.Join(", ", Own.Keys.Concat(BuiltIn.Keys).Order(StringComparer.Ordinal));

    /// <summary>Null when there is none of that name.</summary>
    public static Helper? Find(string name) => Own.GetValueOrDefault(name) ?? BuiltIn.GetValueOrDefault(name);

    public static void Register(IHandlebars handlebars)
    {
        foreach (var (name, helper) in Own)
        {
            handlebars.RegisterHelper(name, (_, arguments) => helper.Run!(arguments));
        }
    }

    private static bool AreEqual(Arguments arguments) => Text(arguments[0]) == Text(arguments[1]);

    // A variable without value arrives as an object that would print its own name.
    private static string Text(object? argument) => argument switch
    {
        null or UndefinedBindingResult => string.Empty,
        string text => text,
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        _ => argument.ToString() ?? string.Empty,
    };

    // What is no date prints as it is: a mail with an odd date is better than no mail.
    private static string FormatDate(string value, string format)
    {
        if (format.Length is 0 or > MaxFormatLength
            || !DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            return value;
        }

        try
        {
            return date.ToString(format, CultureInfo.InvariantCulture);
        }
        catch (FormatException)
        {
            return value;
        }
    }

    /// <param name="Run">Null for those the engine brings.</param>
    internal sealed record Helper(int MinArguments, int MaxArguments, Func<Arguments, object>? Run);
}
