using System.Collections;

namespace Relay.Mail;

/// <summary>The addresses of a From, To, Cc, Reply-To… field (RFC 5322 §3.4), read tolerantly and written strictly.</summary>
/// <remarks>
/// Reading never throws. It takes comments, folding, routes and other obsolete forms (RFC 5322 §4.4), encoded words also
/// in quoted strings, names behind addresses and empty places between commas, because the field sends them.
/// </remarks>
public sealed class AddressList : IReadOnlyList<NamedMailbox>
{
    /// <summary>Addresses kept of one field; what follows is reported in <see cref="Unparsed"/>.</summary>
    public const int MaxAddresses = 10_000;

    public static readonly AddressList Empty = new([], []);

    private readonly List<NamedMailbox> _mailboxes;

    internal AddressList(IReadOnlyList<AddressGroup> groups, IReadOnlyList<string> unparsed)
    {
        Groups = groups;
        Unparsed = unparsed;
        _mailboxes = [.. groups.SelectMany(group => group.Members)];
    }

    /// <summary>The field's structure in order: groups and runs of single addresses.</summary>
    public IReadOnlyList<AddressGroup> Groups { get; }

    /// <summary>Pieces that could not be read as addresses.</summary>
    public IReadOnlyList<string> Unparsed { get; }

    /// <summary>All mailboxes, also those within groups.</summary>
    public int Count => _mailboxes.Count;

    public NamedMailbox this[int index] => _mailboxes[index];

    /// <summary>Reads the value of a field, unfolded or not.</summary>
    public static AddressList Parse(string text) => new AddressListParser(text).Parse();

    /// <summary>A list without groups.</summary>
    public static AddressList Of(params IEnumerable<NamedMailbox> mailboxes) => new([new AddressGroup(null, [.. mailboxes])], []);

    public IEnumerator<NamedMailbox> GetEnumerator() => _mailboxes.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The value for a header field, names quoted or encoded where needed; not folded.</summary>
    public string ToHeaderText() => string.Join(", ", Groups.Where(group => group.Name is not null || group.Members.Count > 0).Select(GroupText));

    public override string ToString() => string.Join(", ", _mailboxes);

    private static string GroupText(AddressGroup group)
    {
        var members = string.Join(", ", group.Members.Select(member => member.ToHeaderText()));
        return group.Name is null ? members : $"{NamedMailbox.Phrase(group.Name)}: {members};";
    }
}
