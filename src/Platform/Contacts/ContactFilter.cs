namespace Relay.Platform.Contacts;

/// <summary>Conditions joined by and; null or empty means any.</summary>
public sealed record ContactFilter
{
    public static ContactFilter Any { get; } = new();

    public ContactState? State { get; init; }

    /// <summary>True: only those who may be written to; false: only the others.</summary>
    public bool? IsSubscribed { get; init; }

    /// <summary>All of them.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Equal values.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = ContactRules.NoProperties;

    /// <summary>Part of the address or a name, without regard to the case of ASCII letters.</summary>
    public string? Search { get; init; }

    /// <summary>Keys of addresses, any of them.</summary>
    public IReadOnlyList<string>? AddressKeys { get; init; }

    /// <summary>Ids, any of them.</summary>
    public IReadOnlyList<Guid>? Uids { get; init; }

    /// <summary>True when it lets everybody through.</summary>
    public bool IsAny => this is { State: null, IsSubscribed: null, Tags.Count: 0, Properties.Count: 0, AddressKeys: null, Uids: null } && string.IsNullOrEmpty(Search);
}

public enum ContactOrder
{
    Newest,
    Oldest,
    Address,
    AddressDown,
}
