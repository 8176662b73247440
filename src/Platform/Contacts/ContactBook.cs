namespace Relay.Platform.Contacts;

/// <summary>A list of people who may be written to, which the reference calls a contact book.</summary>
public sealed record ContactBook
{
    /// <summary>Row number; 0 before it is stored.</summary>
    public long Id { get; init; }

    /// <summary>What clients know it by (UUID version 7).</summary>
    public required Guid Uid { get; init; }

    public required long AccountId { get; init; }

    public required string Name { get; init; }

    /// <summary>What people who are in it read; null: <see cref="Name"/>.</summary>
    public string? PublicName { get; init; }

    /// <summary>The name for people who are in it.</summary>
    public string Title => PublicName ?? Name;

    public string Emoji { get; init; } = ContactRules.DefaultEmoji;

    public IReadOnlyDictionary<string, string> Properties { get; init; } = ContactRules.NoProperties;

    public DoubleOptIn DoubleOptIn { get; init; } = DoubleOptIn.Off;

    /// <summary>Contacts of every state. Kept by the store.</summary>
    public long ContactCount { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>How new contacts of a book are asked whether they want its mail.</summary>
/// <param name="From">Address with or without a name; null: the account's first proved domain.</param>
/// <param name="Subject">Null: a plain one.</param>
/// <param name="Content">HTML, or the JSON of an e-mail editor, with the place of the link; null: a plain one.</param>
public sealed record DoubleOptIn(bool IsEnabled, string? From, string? Subject, string? Content)
{
    public static DoubleOptIn Off { get; } = new(false, null, null, null);
}
