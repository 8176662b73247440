using Relay.Mail;

namespace Relay.Platform.Contacts;

/// <summary>What somebody says of a contact. Null says nothing, so that it stays as it is.</summary>
public sealed record ContactDraft
{
    /// <summary>Finds the contact when it names one of the book; null: by address.</summary>
    public Guid? Uid { get; init; }

    /// <summary>Null only together with <see cref="Uid"/>.</summary>
    public Mailbox? Address { get; init; }

    public string? FirstName { get; init; }

    public string? LastName { get; init; }

    /// <summary>Takes the place of all properties, unless <see cref="IsMerged"/>.</summary>
    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    /// <summary>Takes the place of all tags, unless <see cref="IsMerged"/>.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    public IReadOnlyList<string> RemovedTags { get; init; } = [];

    /// <summary>Properties and tags come to those that are there.</summary>
    public bool IsMerged { get; init; }

    public bool? Subscribed { get; init; }

    /// <summary>The account has the person's consent already: a book with double opt-in does not ask.</summary>
    public bool IsConfirmed { get; init; }
}

/// <summary>What becomes of a contact when somebody says something of it. Pure; runs inside the store's transaction.</summary>
/// <param name="current">Null when there is none.</param>
/// <returns>Null: nothing is written.</returns>
public delegate Contact? ContactChange(Contact? current, ContactDraft draft);

/// <param name="Before">Null when it is new.</param>
/// <param name="After">Null when nothing was written.</param>
public readonly record struct ContactWrite(Contact? Before, Contact? After);
