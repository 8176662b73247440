using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Relay.Mail;

namespace Relay.Platform.Contacts;

/// <summary>Reads whole request bodies about books and contacts; the first fault is told by its field.</summary>
internal static class ContactBodies
{
    private const long MaxSmallBytes = 256 * 1024;
    private const long MaxBulkBytes = 16 * 1024 * 1024;

    public static ValueTask<ApiResult<ContactDraft>> ContactAsync(HttpContext context, bool needsAddress) =>
        JsonBody.ReadAsync(context, MaxSmallBytes, (ref Utf8JsonReader reader, FieldFaults faults) => ContactFields.Read(ref reader, faults, needsAddress));

    /// <summary>An array of contacts.</summary>
    public static ValueTask<ApiResult<List<ContactDraft>>> ContactsAsync(HttpContext context) => JsonBody.ReadAsync<List<ContactDraft>>(context, MaxBulkBytes, Contacts);

    public static ValueTask<ApiResult<ContactBookFields>> BookAsync(HttpContext context) => JsonBody.ReadAsync(context, MaxSmallBytes * 4, ContactBookFields.Read);

    /// <summary>Which contacts an act concerns, and tags.</summary>
    public static ValueTask<ApiResult<ContactChoice>> ChoiceAsync(HttpContext context) => JsonBody.ReadAsync(context, MaxBulkBytes, ContactChoice.Read);

    private static List<ContactDraft> Contacts(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var drafts = new List<ContactDraft>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            faults.Add("body", "must be an array of contacts");
            reader.Skip();
            return drafts;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (drafts.Count == ContactRules.MaxBulk)
            {
                faults.Add("body", string.Create(CultureInfo.InvariantCulture, $"may hold {ContactRules.MaxBulk} contacts at most; for more there are imports"));
                reader.Skip();
                continue;
            }

            var place = new FieldFaults(string.Create(CultureInfo.InvariantCulture, $"[{drafts.Count}]"));
            drafts.Add(ContactFields.Read(ref reader, place, needsAddress: true));
            faults.Take(place);
        }

        return drafts;
    }
}

/// <summary>Contacts by id or address, and what tags they get or lose.</summary>
internal sealed record ContactChoice
{
    private const int MaxIdLength = 64;
    private const int MaxAddressLength = 320;

    public IReadOnlyList<string>? Ids { get; init; }

    public IReadOnlyList<Mailbox>? Addresses { get; init; }

    public IReadOnlyList<string> Add { get; init; } = [];

    public IReadOnlyList<string> Remove { get; init; } = [];

    public static ContactChoice Read(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var choice = new ContactChoice();
        JsonFields.Object(ref reader, faults, (ref Utf8JsonReader value, string name) =>
        {
            switch (name)
            {
                case "contactIds":
                    choice = choice with { Ids = ContactFields.Texts(ref value, faults, name, ContactRules.MaxBulk, MaxIdLength) };
                    break;
                case "emails":
                    choice = choice with { Addresses = ReadAddresses(ref value, faults, name) };
                    break;
                case "add":
                    choice = choice with { Add = ContactFields.Tags(ref value, faults, name) ?? [] };
                    break;
                case "remove":
                    choice = choice with { Remove = ContactFields.Tags(ref value, faults, name) ?? [] };
                    break;
                default:
                    value.Skip();
                    break;
            }
        });
        return choice;
    }

    private static List<Mailbox>? ReadAddresses(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        if (ContactFields.Texts(ref reader, faults, field, ContactRules.MaxBulk, MaxAddressLength) is not { } texts)
        {
            return null;
        }

        var addresses = new List<Mailbox>();
        foreach (var text in texts)
        {
            if (ContactAddress.TryParse(text, out var address))
            {
                addresses.Add(address);
            }
            else
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{field}[{addresses.Count}]"), "must be an e-mail address without a display name");
            }
        }

        return addresses;
    }
}
