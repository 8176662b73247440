using System.Text.Json;
using Relay.Mail;

namespace Relay.Platform.Emails;

/// <summary>Reads address fields: one string or an array of strings, each one address with or without a name.</summary>
internal static class AddressReader
{
    public const string Problem = "is not an e-mail address; write user@example.com or \"Name <user@example.com>\"";

    public static NamedMailbox? One(ref Utf8JsonReader reader, FieldFaults faults, string field, out string text)
    {
        text = JsonFields.Line(ref reader, faults, field, EmailLimits.MaxAddressLength) ?? string.Empty;
        return text.Length == 0 ? null : Parse(text, faults, field);
    }

    public static GivenAddresses? OneOrMany(ref Utf8JsonReader reader, FieldFaults faults, string field, int max)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.String:
                return One(ref reader, faults, field, out var text) is { } single ? new GivenAddresses(new AddressField(true, [text]), [single]) : null;
            case JsonTokenType.StartArray:
                return Many(ref reader, faults, field, max);
            default:
                faults.Add(field, "must be a string or an array of strings");
                reader.Skip();
                return null;
        }
    }

    private static GivenAddresses Many(ref Utf8JsonReader reader, FieldFaults faults, string field, int max)
    {
        var texts = new List<string>();
        var mailboxes = new List<NamedMailbox>();
        JsonFields.Items(ref reader, faults, field, new ItemBound(max, "addresses"), (ref Utf8JsonReader item, string place) =>
        {
            if (One(ref item, faults, place, out var text) is { } mailbox)
            {
                texts.Add(text);
                mailboxes.Add(mailbox);
            }
        });
        return new GivenAddresses(new AddressField(false, texts), mailboxes);
    }

    private static NamedMailbox? Parse(string text, FieldFaults faults, string field)
    {
        if (!NamedMailbox.TryParse(text, out var mailbox))
        {
            faults.Add(field, Problem);
        }

        return mailbox;
    }
}
