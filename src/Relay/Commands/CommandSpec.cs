using System.Collections.Frozen;
using System.Text.Json;

namespace Relay;

/// <summary>One command of the executable: its words, what it takes, and what runs it.</summary>
/// <param name="Name">For example <c>queue list</c>.</param>
/// <param name="Arguments">Names of positional arguments; optional ones in brackets.</param>
/// <param name="RunAsync">Returns the exit code.</param>
internal sealed record CommandSpec(
    string Name,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<OptionSpec> Options,
    string Summary,
    Func<CommandContext, CancellationToken, Task<int>> RunAsync)
{
    public static readonly IReadOnlyList<OptionSpec> CommonOptions =
    [
        new("config", "FILE", "configuration file; without it ./relay.toml where present, else the built-in defaults"),
        new("url", "URL", "admin API of a server elsewhere, with the token in RELAY_TOKEN; without it the local socket"),
        new("help", null, "what this command takes"),
    ];

    /// <summary>What the operator reads for fields of the API that this command calls otherwise; a field of the same name needs no entry.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = FrozenDictionary<string, string>.Empty;

    public string Usage =>
        "relay " + string.Join(' ', [Name, .. Arguments, .. Options.Select(o => o.ValueName is null ? $"[--{o.Name}]" : $"[--{o.Name} {o.ValueName}]")]);

    /// <summary>A refusal of the API begins with the field it is about: the same with the argument or option that the operator wrote.</summary>
    public string InItsWords(string refusal)
    {
        var colon = refusal.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 && WordOf(refusal[..colon]) is { } word ? word + refusal[colon..] : refusal;
    }

    private string? WordOf(string field) =>
        Fields.GetValueOrDefault(field)
        ?? Arguments.Select(argument => argument.Trim('[', ']')).FirstOrDefault(argument => argument.Equals(field, StringComparison.OrdinalIgnoreCase))
        ?? Options.Where(option => option.Name == JsonNamingPolicy.KebabCaseLower.ConvertName(field)).Select(option => "--" + option.Name).FirstOrDefault();
}

/// <param name="ValueName">Null for a switch.</param>
internal sealed record OptionSpec(string Name, string? ValueName, string Summary)
{
    /// <summary>May be given several times; the values come joined by commas, as one option with a list would give them.</summary>
    public bool Repeats { get; init; }
}

/// <summary>What a command may use: the invocation and the console, replaceable in tests.</summary>
internal sealed record CommandContext(Invocation Invocation, TextReader In, TextWriter Out, TextWriter Error)
{
    /// <summary>Width of the terminal that <see cref="Out"/> is; null where it is none.</summary>
    public int? TerminalColumns { get; init; }

    public string? ConfigFile => Invocation.Option("config");

    /// <summary>The options that were given, as the query of an address; empty when none was.</summary>
    public string Query(params ReadOnlySpan<string> names)
    {
        var fields = new List<string>();
        foreach (var name in names)
        {
            if (Invocation.Option(name) is { } value)
            {
                fields.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }

        return fields.Count == 0 ? string.Empty : "?" + string.Join('&', fields);
    }
}
