namespace Relay.Toml;

/// <summary>Bounds of a document; a reader of configuration needs no more, and a stack or a memory may not be exhausted by a file.</summary>
public sealed record TomlReaderOptions
{
    public static readonly TomlReaderOptions Default = new();

    /// <summary>Tables and arrays inside each other, 1–1000; every part of a dotted key counts as one.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>Length of the document: bytes of UTF-8, or UTF-16 code units of a string.</summary>
    public int MaxLength { get; init; } = 4 * 1024 * 1024;
}
