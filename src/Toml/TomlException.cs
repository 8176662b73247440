namespace Relay.Toml;

/// <summary>The document is not TOML 1.0, or exceeds a bound of <see cref="TomlReaderOptions"/>.</summary>
/// <remarks>
/// A document has at most one such fault: what follows a syntax error cannot be trusted.
/// The text of <see cref="Exception.Message"/> says what is wrong and what is allowed, without the position.
/// </remarks>
public sealed class TomlException : FormatException
{
    public TomlException(string message, TomlPosition position)
        : base(message) => Position = position;

    public TomlPosition Position { get; }

    public int Line => Position.Line;

    public int Column => Position.Column;
}
