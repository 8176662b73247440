using Relay.Mail;

namespace Relay.Platform.Contacts;

/// <summary>A person's place in one book: the same person may be in several, each with names and properties of its own.</summary>
public sealed record Contact
{
    /// <summary>Row number, rising with time; 0 before it is stored.</summary>
    public long Id { get; init; }

    /// <summary>What clients know it by (UUID version 7).</summary>
    public required Guid Uid { get; init; }

    public required long AccountId { get; init; }

    public required long BookId { get; init; }

    /// <summary>Row number of the person; 0 before it is stored.</summary>
    public long PersonId { get; init; }

    /// <summary>As it was first given.</summary>
    public required Mailbox Address { get; init; }

    public string? FirstName { get; init; }

    public string? LastName { get; init; }

    public IReadOnlyDictionary<string, string> Properties { get; init; } = ContactRules.NoProperties;

    /// <summary>In alphabetical order.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    public ContactState State { get; init; }

    /// <summary>When it last became subscribed; null when it never was.</summary>
    public DateTimeOffset? SubscribedAt { get; init; }

    /// <summary>Null unless <see cref="State"/> is unsubscribed.</summary>
    public DateTimeOffset? UnsubscribedAt { get; init; }

    /// <summary>Null unless <see cref="State"/> is unsubscribed.</summary>
    public UnsubscribeReason? Reason { get; init; }

    /// <summary>What the person wrote, or the server that refused; null when nobody said anything.</summary>
    public string? ReasonText { get; init; }

    /// <summary>The person wants nothing at all from this account, whatever the state here.</summary>
    public DateTimeOffset? LeftAllAt { get; init; }

    public Invitation Invitation { get; init; } = Invitation.None;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>True when it may be written to.</summary>
    public bool IsSubscribed => State == ContactState.Subscribed && LeftAllAt is null;

    /// <summary>True when only the person may subscribe again.</summary>
    public bool IsLeftByPerson => LeftAllAt is not null || (State == ContactState.Unsubscribed && Reason is UnsubscribeReason.Person or UnsubscribeReason.Complaint);
}

/// <summary>The values are stored.</summary>
public enum ContactState
{
    /// <summary>Has been asked, or will be, and has not answered.</summary>
    Pending = 0,
    Subscribed = 1,
    Unsubscribed = 2,
}

/// <summary>Who ended a subscription. The values are stored.</summary>
public enum UnsubscribeReason
{
    /// <summary>The account itself, by API or import: it may take that back.</summary>
    Sender = 0,

    /// <summary>The person, by link or button: only the person may take that back.</summary>
    Person = 1,

    /// <summary>The person called the mail spam.</summary>
    Complaint = 2,

    /// <summary>The address does not exist.</summary>
    Bounce = 3,
}

/// <summary>The question whether a pending contact wants the mail of its book.</summary>
/// <param name="Number">How often it was asked; links of earlier numbers are void.</param>
/// <param name="DueAt">When to ask (again); null: not to be asked.</param>
/// <param name="SentAt">When it was last asked; null: never.</param>
/// <param name="Failures">How often the mail could not be made since.</param>
public sealed record Invitation(int Number, DateTimeOffset? DueAt, DateTimeOffset? SentAt, int Failures)
{
    public static Invitation None { get; } = new(0, null, null, 0);
}
