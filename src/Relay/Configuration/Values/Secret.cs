namespace Relay;

/// <summary>A password or token that no log or view shows by accident: its text is had only by <see cref="Reveal"/>.</summary>
internal sealed class Secret(string value)
{
    public const string Redacted = "(redacted)";

    public string Reveal() => value;

    public override string ToString() => Redacted;
}
