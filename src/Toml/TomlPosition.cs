namespace Relay.Toml;

/// <summary>A place in a TOML document.</summary>
/// <param name="Line">From 1; lines end in LF or CRLF.</param>
/// <param name="Column">From 1, in UTF-16 code units, as most editors count.</param>
public readonly record struct TomlPosition(int Line, int Column)
{
    public override string ToString() => $"{Line}:{Column}";
}
