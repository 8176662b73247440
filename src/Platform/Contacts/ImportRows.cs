using Relay.Mail;

namespace Relay.Platform.Contacts;

/// <summary>Makes contacts of the rows of a file.</summary>
internal sealed class ImportRows(ImportRequest request)
{
    private static readonly char[] TagSeparators = [',', ';', '|'];

    /// <summary>The draft, or what is wrong and in which column (by index) it stands.</summary>
    public (ContactDraft? Draft, string? Problem, int Column) Read(CsvRecord record)
    {
        if (record.Problem is { } broken)
        {
            return (null, broken, -1);
        }

        if (record.Fields.Count > request.Columns.Count)
        {
            return (null, $"has {record.Fields.Count} fields, the first row has {request.Columns.Count}", -1);
        }

        var draft = new ContactDraft { IsMerged = true, IsConfirmed = request.IsConfirmed, Subscribed = request.Subscribed, Tags = request.Tags.Count == 0 ? null : request.Tags };
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < record.Fields.Count; i++)
        {
            var text = Plain(record.Fields[i]);
            if (text.Length > 0 && Take(request.Columns[i], text, ref draft, properties) is { } problem)
            {
                return (null, problem, i);
            }
        }

        if (draft.Address is null)
        {
            return (null, "has no e-mail address", IndexOf("email"));
        }

        return ContactRules.PropertiesProblem(properties) is { } tooMuch
            ? (null, tooMuch, -1)
            : (properties.Count == 0 ? draft : draft with { Properties = properties }, null, -1);
    }

    public int IndexOf(string target)
    {
        for (var i = 0; i < request.Columns.Count; i++)
        {
            if (request.Columns[i] == target)
            {
                return i;
            }
        }

        return -1;
    }

    private static string? Take(string target, string text, ref ContactDraft draft, Dictionary<string, string> properties)
    {
        switch (target)
        {
            case ImportRequest.Skipped:
                return null;
            case "email":
                return TakeAddress(text, ref draft);
            case "firstName":
                draft = draft with { FirstName = text };
                return TooLong(text, ContactRules.MaxNameLength);
            case "lastName":
                draft = draft with { LastName = text };
                return TooLong(text, ContactRules.MaxNameLength);
            case "subscribed":
                return TakeSubscribed(text, ref draft);
            case "tags":
                return TakeTags(text, ref draft);
            default:
                properties[target[ImportRequest.PropertyPrefix.Length..]] = text;
                return TooLong(text, ContactRules.MaxPropertyLength);
        }
    }

    private static string? TakeAddress(string text, ref ContactDraft draft)
    {
        if (!ContactAddress.TryParse(text, out var address))
        {
            return NamedMailbox.TryParse(text, out _) ? "must be the address alone, without a name" : "is not an e-mail address";
        }

        draft = draft with { Address = address };
        return null;
    }

    private static string? TakeSubscribed(string text, ref ContactDraft draft)
    {
        bool? subscribed = text.ToLowerInvariant() switch
        {
            "true" or "yes" or "y" or "1" or "subscribed" or "active" => true,
            "false" or "no" or "n" or "0" or "unsubscribed" => false,
            _ => null,
        };
        draft = draft with { Subscribed = subscribed };
        return subscribed is null && !text.Equals("pending", StringComparison.OrdinalIgnoreCase) ? "must be true or false" : null;
    }

    private static string? TakeTags(string text, ref ContactDraft draft)
    {
        var tags = text.Split(TagSeparators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (tags.Length > ContactRules.MaxTags)
        {
            return $"may hold {ContactRules.MaxTags} tags at most";
        }

        draft = draft with { Tags = ContactRules.Ordered((draft.Tags ?? []).Concat(tags)) };
        return tags.Select(ContactRules.TagProblem).FirstOrDefault(problem => problem is not null);
    }

    private static string? TooLong(string text, int max) => text.Length > max ? $"may have {max} characters at most" : null;

    // Exports put an apostrophe before what a spreadsheet would take for a formula. Control characters have no place in a header field.
    private static string Plain(string field)
    {
        var text = field.AsSpan().Trim();
        if (text.Length > 1 && text[0] == '\'' && text[1] is ('=' or '+' or '-' or '@'))
        {
            text = text[1..];
        }

        return text.ContainsAnyInRange('\0', '\x1f') ? string.Concat(text.ToString().Select(c => char.IsControl(c) ? ' ' : c)).Trim() : text.ToString();
    }
}
