using System.Collections.Frozen;

namespace Relay.Platform.Campaigns;

/// <summary>What merge fields stand for in one contact's copy.</summary>
internal sealed class MergeValues(AudienceMember member, AudienceBook book, string unsubscribeUrl)
{
    /// <summary>Spellings of the place of the unsubscribe link.</summary>
    public static readonly FrozenSet<string> UnsubscribeNames =
        new[] { "unsubscribeUrl", "unsubscribe_url", "usesend_unsubscribe_url", "unsend_unsubscribe_url" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Names every contact has.</summary>
    public static readonly FrozenSet<string> Known = new[] { "email", "firstName", "lastName" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Names have no case, as the client library's editor has it; the contact's properties go before the book's.</summary>
    public string? Find(string name)
    {
        if (UnsubscribeNames.Contains(name))
        {
            return unsubscribeUrl;
        }

        return name.ToUpperInvariant() switch
        {
            "EMAIL" => member.Address.ToString(),
            "FIRSTNAME" => member.FirstName,
            "LASTNAME" => member.LastName,
            _ => Property(member.Properties, name) ?? Property(book.Properties, name),
        };
    }

    /// <summary>All of them by name, for templates.</summary>
    public Dictionary<string, string> ToVariables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in book.Properties.Concat(member.Properties))
        {
            variables[name] = value;
        }

        variables["email"] = member.Address.ToString();
        variables["firstName"] = member.FirstName ?? string.Empty;
        variables["lastName"] = member.LastName ?? string.Empty;
        foreach (var name in UnsubscribeNames)
        {
            variables[name] = unsubscribeUrl;
        }

        return variables;
    }

    private static string? Property(IReadOnlyDictionary<string, string> properties, string name) =>
        properties.TryGetValue(name, out var exact) ? exact
        : properties.FirstOrDefault(property => property.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
