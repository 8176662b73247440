using System.Text;
using System.Text.Json;

namespace Relay.Platform.Contacts;

/// <summary>What a request says of a book. Null says nothing; an empty text takes a setting away.</summary>
internal sealed record ContactBookFields
{
    public const int MaxContentLength = 512 * 1024;
    private const int MaxSubjectLength = 500;
    private const int MaxFromLength = 500;

    public string? Name { get; init; }

    public string? Emoji { get; init; }

    public string? PublicName { get; init; }

    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    public bool? IsOptInEnabled { get; init; }

    public string? OptInFrom { get; init; }

    public string? OptInSubject { get; init; }

    public string? OptInContent { get; init; }

    /// <summary>True when it says anything of the mail that asks for a confirmation, but that there is to be none.</summary>
    public bool SaysConfirmation => IsOptInEnabled == true || OptInFrom is not null || OptInSubject is not null || OptInContent is not null;

    public static ContactBookFields Read(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var fields = new ContactBookFields();
        JsonFields.Object(ref reader, faults, (ref Utf8JsonReader value, string name) => fields = ReadMember(ref value, faults, name, fields));
        return fields;
    }

    private static ContactBookFields ReadMember(ref Utf8JsonReader reader, FieldFaults faults, string name, ContactBookFields fields)
    {
        switch (name)
        {
            case "name":
                return fields with { Name = NameOf(ref reader, faults) };
            case "publicName":
                return fields with { PublicName = JsonFields.Setting(ref reader, faults, name, ContactRules.MaxNameLength) };
            case "emoji":
                return fields with { Emoji = EmojiOf(ref reader, faults) };
            case "properties":
                return fields with { Properties = ContactFields.Properties(ref reader, faults, name) };
            case "doubleOptInEnabled":
                return fields with { IsOptInEnabled = JsonFields.Flag(ref reader, faults, name) };
            case "doubleOptInFrom":
                return fields with { OptInFrom = JsonFields.Setting(ref reader, faults, name, MaxFromLength) };
            case "doubleOptInSubject":
                return fields with { OptInSubject = JsonFields.Setting(ref reader, faults, name, MaxSubjectLength) };
            case "doubleOptInContent":
                return fields with { OptInContent = JsonFields.IsCleared(ref reader) ? string.Empty : JsonFields.Text(ref reader, faults, name, MaxContentLength) };
            default:
                reader.Skip();
                return fields;
        }
    }

    private static string? NameOf(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var name = JsonFields.Line(ref reader, faults, "name", ContactRules.MaxNameLength)?.Trim();
        if (name is "")
        {
            faults.Add("name", "must not be empty");
        }

        return name;
    }

    private static string? EmojiOf(ref Utf8JsonReader reader, FieldFaults faults)
    {
        if (JsonFields.IsCleared(ref reader))
        {
            return ContactRules.DefaultEmoji;
        }

        var emoji = JsonFields.Line(ref reader, faults, "emoji", ContactRules.MaxEmojiOctets);
        if (emoji is not null && Encoding.UTF8.GetByteCount(emoji) > ContactRules.MaxEmojiOctets)
        {
            faults.Add("emoji", $"may have {ContactRules.MaxEmojiOctets} octets at most");
        }

        return emoji;
    }
}
