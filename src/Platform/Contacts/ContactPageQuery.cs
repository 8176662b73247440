using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform.Contacts;

/// <summary>Which contacts of a book a request asks for, and which page of them.</summary>
/// <param name="Page">From 1.</param>
internal sealed record ContactPageQuery(ContactFilter Filter, ContactOrder Order, int Page, int Limit)
{
    public const int DefaultLimit = 1_000;
    public const int MaxLimit = 5_000;
    public const string PropertyPrefix = "property.";

    private const int MaxPage = 1_000_000;
    private const int MaxListed = 1_000;
    private const int MaxSearchLength = 100;
    private const int MaxConditions = 10;

    public int Skip => (int)Math.Min(int.MaxValue, (Page - 1) * (long)Limit);

    public static ApiResult<ContactPageQuery> Read(IQueryCollection query)
    {
        var faults = new FieldFaults();
        var page = query.Number(faults, "page", 1, MaxPage);
        var limit = query.Number(faults, "limit", DefaultLimit, MaxLimit);
        var order = ReadOrder(query, faults);
        var filter = ReadFilter(query, faults);
        return faults.First is { } fault ? fault : new ContactPageQuery(filter, order, page, limit);
    }

    /// <summary>The conditions alone.</summary>
    public static ContactFilter ReadFilter(IQueryCollection query, FieldFaults faults) => new()
    {
        State = State(query, faults),
        IsSubscribed = query.Flag(faults, "subscribed"),
        Tags = Tags(query, faults),
        Properties = Properties(query, faults),
        Search = Search(query, faults),
        AddressKeys = Addresses(query, faults),
        Uids = Ids(query, faults),
    };

    // An address that is none, like an id that is none, simply names no contact.
    private static List<string>? Addresses(IQueryCollection query, FieldFaults faults) => List(query, faults, "emails") is not { } texts
        ? null
        : [.. texts.Select(text => ContactAddress.TryParse(text, out var address) ? ContactAddress.KeyOf(address) : null).OfType<string>()];

    private static List<Guid>? Ids(IQueryCollection query, FieldFaults faults) => List(query, faults, "ids") is not { } texts
        ? null
        : [.. texts.Select(text => Guid.TryParseExact(text, "D", out var uid) ? uid : Guid.Empty).Where(uid => uid != Guid.Empty)];

    private static List<string>? List(IQueryCollection query, FieldFaults faults, string name)
    {
        if (query.Text(name) is not { } text)
        {
            return null;
        }

        var parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > MaxListed)
        {
            faults.Add(name, string.Create(CultureInfo.InvariantCulture, $"may hold {MaxListed} entries at most"));
        }

        return [.. parts.Take(MaxListed)];
    }

    private static List<string> Tags(IQueryCollection query, FieldFaults faults)
    {
        var tags = query["tag"].SelectMany(text => (text ?? string.Empty).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct().ToList();
        if (tags.Count > MaxConditions)
        {
            faults.Add("tag", string.Create(CultureInfo.InvariantCulture, $"may name {MaxConditions} tags at most"));
        }

        return tags;
    }

    private static Dictionary<string, string> Properties(IQueryCollection query, FieldFaults faults)
    {
        var properties = query.Where(entry => entry.Key.StartsWith(PropertyPrefix, StringComparison.Ordinal) && entry.Key.Length > PropertyPrefix.Length)
            .ToDictionary(entry => entry.Key[PropertyPrefix.Length..], entry => entry.Value.ToString());
        if (properties.Count > MaxConditions)
        {
            faults.Add("property", string.Create(CultureInfo.InvariantCulture, $"may be given {MaxConditions} times at most"));
        }

        return properties;
    }

    private static ContactState? State(IQueryCollection query, FieldFaults faults)
    {
        if (query.Text("status") is not { } text)
        {
            return null;
        }

        foreach (var state in Enum.GetValues<ContactState>())
        {
            if (state.Name() == text)
            {
                return state;
            }
        }

        faults.Add("status", "must be pending, subscribed or unsubscribed");
        return null;
    }

    private static string? Search(IQueryCollection query, FieldFaults faults)
    {
        var text = query.Text("search");
        if (text is { Length: > MaxSearchLength })
        {
            faults.Add("search", string.Create(CultureInfo.InvariantCulture, $"may have {MaxSearchLength} characters at most"));
        }

        return text;
    }

    private static ContactOrder ReadOrder(IQueryCollection query, FieldFaults faults)
    {
        switch (query.Text("sort"))
        {
            case null or "-createdAt":
                return ContactOrder.Newest;
            case "createdAt":
                return ContactOrder.Oldest;
            case "email":
                return ContactOrder.Address;
            case "-email":
                return ContactOrder.AddressDown;
            default:
                faults.Add("sort", "must be createdAt, -createdAt, email or -email");
                return ContactOrder.Newest;
        }
    }
}
