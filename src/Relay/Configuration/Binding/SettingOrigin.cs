namespace Relay;

/// <summary>Where a value comes from.</summary>
/// <param name="Text">For people: <c>default</c>, <c>relay.toml:12</c>, <c>environment RELAY__QUEUE__WINDOW</c>.</param>
internal sealed record SettingOrigin(OriginKind Kind, string Text)
{
    public static readonly SettingOrigin Default = new(OriginKind.Default, "default");

    public override string ToString() => Text;
}

internal enum OriginKind
{
    Default,
    File,
    Environment,
}

/// <summary>One setting in force.</summary>
/// <param name="KeyPath">As in relay.toml: <c>listener.submission.endpoint</c>, <c>site."example.net".port</c>.</param>
/// <param name="Value">As TOML spells it; secrets as <see cref="Secret.Redacted"/>; a missing one as its meaning in parentheses or <c>none</c>.</param>
internal sealed record EffectiveSetting(string KeyPath, string Value, SettingOrigin Origin);

/// <summary>One thing that is wrong with the configuration.</summary>
/// <param name="Location"><c>file:line</c>, or <c>environment NAME</c>.</param>
/// <param name="KeyPath">Empty when the file as a whole is meant.</param>
internal sealed record ConfigurationFault(string Location, string KeyPath, string Problem, string Allowed)
{
    public override string ToString() => KeyPath.Length == 0 ? $"{Location}: {Problem}; {Allowed}" : $"{Location}: {KeyPath}: {Problem}; {Allowed}";
}
