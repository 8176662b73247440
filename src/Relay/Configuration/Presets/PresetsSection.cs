namespace Relay;

/// <summary>A file of presets: what is known of large receivers, and what replies mean.</summary>
internal sealed class PresetsSection
{
    [Named(NameKind.Plain)]
    public required IReadOnlyDictionary<string, ProviderSection> Provider { get; init; }

    /// <summary>For replies of anybody, asked after the provider's own.</summary>
    public required IReadOnlyList<ReplyRuleSection> Rule { get; init; }
}
