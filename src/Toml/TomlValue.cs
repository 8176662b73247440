namespace Relay.Toml;

/// <summary>A value of a TOML document with the place it starts at.</summary>
public abstract class TomlValue
{
    private protected TomlValue(TomlPosition position) => Position = position;

    /// <summary>First character of the value; of a table opened by a header, the first character of its own key in that header.</summary>
    public TomlPosition Position { get; internal set; }

    /// <summary>The type with its article, for sentences such as "is an integer".</summary>
    public abstract string Kind { get; }
}
