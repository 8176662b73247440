namespace Relay;

/// <summary>A key of relay.toml: the property's name in snake_case. Default, unless stated here, is what the property is initialised with.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingAttribute : Attribute
{
    /// <summary>Lowest value, as the configuration spells it.</summary>
    public string? Min { get; init; }

    /// <summary>Highest value, as the configuration spells it.</summary>
    public string? Max { get; init; }

    /// <summary>Least number of elements of a list.</summary>
    public int MinCount { get; init; }

    /// <summary>Highest number of elements of a list.</summary>
    public int MaxCount { get; init; } = 100;

    /// <summary>Default that depends on other settings: text with <c>{machine}</c>, <c>{hostname}</c> or <c>{data}</c>.</summary>
    public string? Default { get; init; }

    /// <summary>How people are told the default, where its value would not say it.</summary>
    public string? Shown { get; init; }

    /// <summary>A further sentence for those who give a value that is not allowed.</summary>
    public string? Hint { get; init; }

    /// <summary>There is no default.</summary>
    public bool IsRequired { get; init; }

    /// <summary>A path; relative ones start at the folder of the configuration file.</summary>
    public bool IsPath { get; init; }

    /// <summary>The path must name a file.</summary>
    public bool MustExist { get; init; }
}

/// <summary>Tables with free names: <c>[listener.NAME]</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NamedAttribute(NameKind kind) : Attribute
{
    public NameKind Kind { get; } = kind;

    /// <summary>Entry of defaults that is there when the configuration names none.</summary>
    public string? BuiltIn { get; init; }

    /// <summary>The built-in entry is there beside others, too.</summary>
    public bool IsAlwaysThere { get; init; }

    /// <summary>The names stand directly among the keys of the section: <c>[dkim."example.com"]</c>.</summary>
    public bool IsInline { get; init; }
}

internal enum NameKind
{
    /// <summary>Lower-case letters, digits, inner - and _.</summary>
    Plain,

    Domain,

    /// <summary>A domain, or <c>*</c> for all.</summary>
    DomainOrAny,

    /// <summary>A domain, <c>.domain</c> for all below it, or <c>*</c> for all.</summary>
    DomainTreeOrAny,

    /// <summary>A whole number, or <c>*</c> for each other one.</summary>
    NumberOrAny,

    /// <summary>Any text without control characters, or <c>*</c> for each other one.</summary>
    TextOrAny,
}

/// <summary>Keys whose names are settled but whose features are not there yet: refused with that reason instead of "unknown".</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NotInThisVersionAttribute(params string[] keys) : Attribute
{
    public IReadOnlyList<string> Keys { get; } = keys;
}

/// <summary>How the configuration spells an enumeration's member, where lower case does not do.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class SpelledAttribute(string text) : Attribute
{
    public string Text { get; } = text;
}
