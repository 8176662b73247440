namespace Relay.Senders;

/// <summary>Who owns messages, credentials and domains. The relay works with the one of id 1; rows carry the id so that more may come.</summary>
public sealed record Account(long Id, string Name)
{
    /// <summary>The account of everything that names no other.</summary>
    public static Account Default { get; } = new(1, "default");
}
