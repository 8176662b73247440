using System.Text.Json.Serialization;

namespace Relay.Platform.Contacts;

/// <summary>A book as the reference shows it.</summary>
internal sealed record ContactBookAnswer(
    string Id,
    string Name,
    long TeamId,
    IReadOnlyDictionary<string, string> Properties,
    string Emoji,
    bool DoubleOptInEnabled,
    string? DoubleOptInFrom,
    string? DoubleOptInSubject,
    string? DoubleOptInContent,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    string? PublicName)
{
    [JsonPropertyName("_count")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ContactCount? Count { get; init; }

    public static ContactBookAnswer Of(ContactBook book) => new(
        book.Uid.ToString("D"),
        book.Name,
        book.AccountId,
        book.Properties,
        book.Emoji,
        book.DoubleOptIn.IsEnabled,
        book.DoubleOptIn.From,
        book.DoubleOptIn.Subject,
        book.DoubleOptIn.Content,
        book.CreatedAt,
        book.UpdatedAt,
        book.PublicName);

    public static ContactBookAnswer Counted(ContactBook book) => Of(book) with { Count = new ContactCount(book.ContactCount) };
}

internal sealed record ContactCount(long Contacts);

internal sealed record BookRemovedAnswer(string Id, bool Success, string Message);

/// <summary>A contact as the reference shows it, and behind that what the reference does not know.</summary>
internal sealed record ContactAnswer(
    string Id,
    string? FirstName,
    string? LastName,
    string Email,
    bool Subscribed,
    IReadOnlyDictionary<string, string> Properties,
    string ContactBookId,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    string Status,
    IReadOnlyList<string> Tags,
    DateTimeOffset? SubscribedAt,
    DateTimeOffset? UnsubscribedAt,
    string? UnsubscribeReason,
    string? UnsubscribeText,
    DateTimeOffset? UnsubscribedFromAllAt,
    DateTimeOffset? ConfirmationSentAt)
{
    /// <summary>Where the person leaves; in single reads.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UnsubscribeUrl { get; init; }

    public static ContactAnswer Of(ContactBook book, Contact contact) => new(
        contact.Uid.ToString("D"),
        contact.FirstName,
        contact.LastName,
        contact.Address.ToString(),
        contact.IsSubscribed,
        contact.Properties,
        book.Uid.ToString("D"),
        contact.CreatedAt,
        contact.UpdatedAt,
        contact.State.Name(),
        contact.Tags,
        contact.SubscribedAt,
        contact.UnsubscribedAt,
        contact.Reason?.Name(),
        contact.ReasonText,
        contact.LeftAllAt,
        contact.Invitation.SentAt);
}

internal sealed record ContactIdAnswer(string ContactId);

internal sealed record SuccessAnswer(bool Success);

internal sealed record BulkCreatedAnswer(string Message, int Count);

internal sealed record BulkRemovedAnswer(bool Success, int Count);

internal sealed record TagCountAnswer(string Tag, long Contacts);

internal static class ContactNames
{
    public static string Name(this ContactState state) => state.ToString().ToLowerInvariant();

    public static string Name(this UnsubscribeReason reason) => reason.ToString().ToLowerInvariant();
}
