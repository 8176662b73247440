namespace Relay.Senders;

/// <summary>What mail of a login is where it does not say so itself.</summary>
public sealed record MailDefaults
{
    public static MailDefaults None { get; } = new();

    /// <summary><c>transactional</c> or <c>broadcast</c>; null says nothing.</summary>
    public string? Stream { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];
}
