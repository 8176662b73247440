using System.Globalization;
using System.Text.Json;
using Relay.Mail;

namespace Relay.Platform.Contacts;

/// <summary>Reads contacts from request bodies with a token reader; unknown members are ignored.</summary>
internal static class ContactFields
{
    private const int MaxAddressLength = 320;

    /// <summary>Members of a contact, whichever of them are there.</summary>
    /// <param name="needsAddress">The address must be given; otherwise it cannot be.</param>
    public static ContactDraft Read(ref Utf8JsonReader reader, FieldFaults faults, bool needsAddress)
    {
        var draft = new ContactDraft();
        JsonFields.Object(ref reader, faults, (ref Utf8JsonReader value, string name) => draft = ReadMember(ref value, faults, name, draft, needsAddress));
        if (needsAddress && draft.Address is null)
        {
            faults.Add("email", "is required");
        }

        return draft;
    }

    /// <summary>An object of texts; null when absent.</summary>
    public static IReadOnlyDictionary<string, string>? Properties(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!JsonFields.Members(ref reader, faults, field, (ref Utf8JsonReader value, string name) =>
        {
            if (ContactRules.PropertyNameProblem(name) is { } problem)
            {
                faults.Add(field, problem);
            }

            // One over the bound is kept, so that the check behind sees it.
            var place = JsonFields.Join(field, name);
            if (JsonFields.NeedsText(ref value, faults, place)
                && JsonFields.TextOrEmpty(ref value, faults, place, ContactRules.MaxPropertyLength) is { } text
                && properties.Count <= ContactRules.MaxProperties)
            {
                properties[name] = text;
            }
        }))
        {
            return null;
        }

        if (ContactRules.PropertiesProblem(properties) is { } tooMuch)
        {
            faults.Add(field, tooMuch);
        }

        return properties;
    }

    /// <summary>Texts of at most <paramref name="max"/> entries; null when absent.</summary>
    public static IReadOnlyList<string>? Texts(ref Utf8JsonReader reader, FieldFaults faults, string field, int max, int maxLength)
    {
        var texts = new List<string>();
        return JsonFields.Items(ref reader, faults, field, new ItemBound(max, "entries"), (ref Utf8JsonReader item, string place) =>
            texts.Add(JsonFields.Text(ref item, faults, place, maxLength) ?? string.Empty)) ? texts : null;
    }

    /// <summary>Tags, checked and in order; null when absent.</summary>
    public static IReadOnlyList<string>? Tags(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        if (Texts(ref reader, faults, field, ContactRules.MaxTags, ContactRules.MaxTagLength) is not { } tags)
        {
            return null;
        }

        for (var i = 0; i < tags.Count; i++)
        {
            if (ContactRules.TagProblem(tags[i]) is { } problem)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{field}[{i}]"), problem);
            }
        }

        return ContactRules.Ordered(tags);
    }

    private static ContactDraft ReadMember(ref Utf8JsonReader reader, FieldFaults faults, string name, ContactDraft draft, bool needsAddress)
    {
        switch (name)
        {
            case "email" when needsAddress:
                return draft with { Address = Address(ref reader, faults) };
            case "firstName":
                return draft with { FirstName = JsonFields.Setting(ref reader, faults, name, ContactRules.MaxNameLength) };
            case "lastName":
                return draft with { LastName = JsonFields.Setting(ref reader, faults, name, ContactRules.MaxNameLength) };
            case "properties":
                return draft with { Properties = Properties(ref reader, faults, name) };
            case "tags":
                return draft with { Tags = Tags(ref reader, faults, name) };
            case "subscribed":
                return draft with { Subscribed = JsonFields.Flag(ref reader, faults, name) };
            default:
                reader.Skip();
                return draft;
        }
    }

    private static Mailbox? Address(ref Utf8JsonReader reader, FieldFaults faults)
    {
        if (JsonFields.Line(ref reader, faults, "email", MaxAddressLength) is not { } text)
        {
            return null;
        }

        if (ContactAddress.TryParse(text, out var address))
        {
            return address;
        }

        faults.Add("email", "must be an e-mail address without a display name");
        return null;
    }
}
