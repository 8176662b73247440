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
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            faults.Add(faults.Name(string.Empty).Length == 0 ? "body" : string.Empty, "must be an object");
            reader.Skip();
            return draft;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader, faults);
            reader.Read();
            draft = ReadMember(ref reader, faults, name, draft, needsAddress);
        }

        if (needsAddress && draft.Address is null)
        {
            faults.Add("email", "is required");
        }

        return draft;
    }

    /// <summary>An object of texts; null when absent.</summary>
    public static IReadOnlyDictionary<string, string>? Properties(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        if (!JsonFields.Begins(ref reader, faults, field, JsonTokenType.StartObject))
        {
            return null;
        }

        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = JsonFields.Name(ref reader, faults);
            reader.Read();
            if (ContactRules.PropertyNameProblem(name) is { } problem)
            {
                faults.Add(field, problem);
            }

            // One over the bound is kept, so that the check behind sees it.
            if (Property(ref reader, faults, $"{field}.{name}") is { } value && properties.Count <= ContactRules.MaxProperties)
            {
                properties[name] = value;
            }
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
        if (!JsonFields.Begins(ref reader, faults, field, JsonTokenType.StartArray))
        {
            return null;
        }

        var texts = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (texts.Count == max)
            {
                faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"may hold {max} entries at most"));
                reader.Skip();
                continue;
            }

            var place = string.Create(CultureInfo.InvariantCulture, $"{field}[{texts.Count}]");
            if (reader.TokenType == JsonTokenType.Null)
            {
                faults.Add(place, "must be a string");
            }

            texts.Add(JsonFields.Text(ref reader, faults, place, maxLength) ?? string.Empty);
        }

        return texts;
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
                return draft with { FirstName = NameOf(ref reader, faults, name) };
            case "lastName":
                return draft with { LastName = NameOf(ref reader, faults, name) };
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

    // null takes a name away, as an empty text does.
    private static string? NameOf(ref Utf8JsonReader reader, FieldFaults faults, string field) =>
        IsEmpty(ref reader) || reader.TokenType == JsonTokenType.Null ? string.Empty : JsonFields.Line(ref reader, faults, field, ContactRules.MaxNameLength)?.Trim();

    private static string? Property(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        if (IsEmpty(ref reader))
        {
            return string.Empty;
        }

        if (reader.TokenType == JsonTokenType.Null)
        {
            faults.Add(field, "must be a string");
        }

        return JsonFields.Text(ref reader, faults, field, ContactRules.MaxPropertyLength);
    }

    private static bool IsEmpty(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && (reader.HasValueSequence ? reader.ValueSequence.IsEmpty : reader.ValueSpan.IsEmpty);
}
