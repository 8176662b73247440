namespace Relay.Platform.Contacts;

/// <summary>What becomes of a contact when the account says something of it.</summary>
/// <remarks>
/// A person who left, by link, button or complaint, comes back by their own act only: the account may say "subscribed" as often as it likes.
/// What the account ended itself it may begin again. A book with double opt-in asks first, unless the person was subscribed before.
/// </remarks>
internal static class ContactMerge
{
    /// <summary>Null when nothing changes.</summary>
    public static Contact? Apply(ContactBook book, Contact? current, ContactDraft draft, DateTimeOffset now)
    {
        var known = current ?? Begin(book, draft, now);
        var changed = Facts(known, draft);
        changed = draft.Subscribed switch
        {
            null => current is null ? Subscribe(book, changed, draft, now) : changed,
            true => Subscribe(book, changed, draft, now),
            false => current is { State: ContactState.Unsubscribed } ? changed : Leave(changed, UnsubscribeReason.Sender, null, now),
        };
        return current is not null && IsSame(current, changed) ? null : changed with { UpdatedAt = now };
    }

    /// <summary>The contact ends its subscription; links that ask it to confirm are void from now on.</summary>
    public static Contact Leave(Contact contact, UnsubscribeReason reason, string? text, DateTimeOffset now) => contact with
    {
        State = ContactState.Unsubscribed,
        UnsubscribedAt = now,
        Reason = reason,
        ReasonText = text,
        Invitation = contact.Invitation with { Number = contact.Invitation.Number + 1, DueAt = null, Failures = 0 },
        UpdatedAt = now,
    };

    /// <summary>The contact is subscribed from now on, by its own act or because its consent is known.</summary>
    public static Contact Join(Contact contact, DateTimeOffset now) => contact with
    {
        State = ContactState.Subscribed,
        SubscribedAt = now,
        UnsubscribedAt = null,
        Reason = null,
        ReasonText = null,
        Invitation = contact.Invitation with { DueAt = null, Failures = 0 },
        UpdatedAt = now,
    };

    /// <summary>The contact is asked (again); earlier links are void.</summary>
    public static Contact Ask(Contact contact, DateTimeOffset now) => contact with
    {
        Invitation = contact.Invitation with { Number = contact.Invitation.Number + 1, DueAt = now, Failures = 0 },
        UpdatedAt = now,
    };

    private static Contact Begin(ContactBook book, ContactDraft draft, DateTimeOffset now) => new()
    {
        Uid = Guid.CreateVersion7(now),
        AccountId = book.AccountId,
        BookId = book.Id,
        Address = draft.Address!,
        State = ContactState.Pending,
        CreatedAt = now,
        UpdatedAt = now,
    };

    private static Contact Facts(Contact contact, ContactDraft draft) => contact with
    {
        FirstName = Text(draft.FirstName, contact.FirstName),
        LastName = Text(draft.LastName, contact.LastName),
        Properties = Properties(contact, draft),
        Tags = Tags(contact, draft),
    };

    // An empty text takes a name away.
    private static string? Text(string? given, string? known) => given is null ? known : given.Length == 0 ? null : given;

    private static IReadOnlyDictionary<string, string> Properties(Contact contact, ContactDraft draft)
    {
        if (draft.Properties is not { } given || !draft.IsMerged || contact.Properties.Count == 0)
        {
            return draft.Properties ?? contact.Properties;
        }

        var merged = new Dictionary<string, string>(contact.Properties, StringComparer.Ordinal);
        foreach (var (name, value) in given)
        {
            merged[name] = value;
        }

        // Better without the new ones than over the bounds.
        return ContactRules.PropertiesProblem(merged) is null ? merged : contact.Properties;
    }

    private static IReadOnlyList<string> Tags(Contact contact, ContactDraft draft)
    {
        if (draft.Tags is null && draft.RemovedTags.Count == 0)
        {
            return contact.Tags;
        }

        var kept = draft.Tags is null || draft.IsMerged ? contact.Tags : [];
        return [.. ContactRules.Ordered(kept.Concat(draft.Tags ?? []).Except(draft.RemovedTags, StringComparer.Ordinal)).Take(ContactRules.MaxTags)];
    }

    private static Contact Subscribe(ContactBook book, Contact contact, ContactDraft draft, DateTimeOffset now)
    {
        if (contact.State == ContactState.Subscribed || contact.IsLeftByPerson)
        {
            return contact;
        }

        if (!book.DoubleOptIn.IsEnabled || draft.IsConfirmed || contact.SubscribedAt is not null)
        {
            return Join(contact, now);
        }

        // Who waits for an answer already is not asked a second time by this.
        return contact is { State: ContactState.Pending, Invitation.Number: > 0 }
            ? contact
            : Ask(contact, now) with { State = ContactState.Pending, UnsubscribedAt = null, Reason = null, ReasonText = null };
    }

    private static bool IsSame(Contact left, Contact right) =>
        left.Properties.Count == right.Properties.Count
        && left.Properties.All(entry => right.Properties.TryGetValue(entry.Key, out var value) && value == entry.Value)
        && left.Tags.SequenceEqual(right.Tags)
        && left == right with { Properties = left.Properties, Tags = left.Tags };
}
