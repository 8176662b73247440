using Relay.Mail;
using Relay.Platform.Campaigns;
using Relay.Queue;

namespace Relay.Tests.Unit;

/// <summary>One book in memory.</summary>
internal sealed class MemoryAudience : ICampaignAudience
{
    public AudienceBook Book { get; set; } = new(1, 5, Guid.Parse("00000000-0000-7000-8000-000000000005"), "News", new Dictionary<string, string>());

    public bool IsGone { get; set; }

    public List<AudienceMember> Members { get; } = [];

    public Uri? Link { get; set; } = new("https://mail.example.com/u/token");

    /// <summary>Called with every page before it is handed out.</summary>
    public Action OnPage { get; set; } = () => { };

    public void Add(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Add($"c{Members.Count + 1}@example.net");
        }
    }

    public AudienceMember Add(string address, bool isSubscribed = true, string? firstName = null, params (string Name, string Value)[] properties)
    {
        var member = new AudienceMember
        {
            Id = Members.Count + 1,
            Uid = Guid.CreateVersion7(),
            AccountId = Book.AccountId,
            BookId = Book.Id,
            Address = Mailbox.Parse(address),
            FirstName = firstName,
            Properties = properties.ToDictionary(property => property.Name, property => property.Value),
            IsSubscribed = isSubscribed,
        };
        Members.Add(member);
        return member;
    }

    public ValueTask<AudienceBook?> FindBookAsync(long accountId, Guid bookUid, CancellationToken cancellationToken) =>
        ValueTask.FromResult(!IsGone && accountId == Book.AccountId && bookUid == Book.Uid ? Book : null);

    public ValueTask<long> CountAsync(AudienceBook book, CancellationToken cancellationToken) =>
        ValueTask.FromResult((long)Members.Count(member => member.IsSubscribed));

    public ValueTask<IReadOnlyList<AudienceMember>> ReadPageAsync(AudienceBook book, long afterId, int limit, CancellationToken cancellationToken)
    {
        OnPage();
        return ValueTask.FromResult<IReadOnlyList<AudienceMember>>([.. Members.Where(member => member.Id > afterId).Take(limit)]);
    }

    public ValueTask<AudienceMember?> FindAsync(AudienceBook book, string idOrAddress, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Members.FirstOrDefault(member => member.Uid.ToString() == idOrAddress || member.Address.ToString() == idOrAddress));

    public Uri? UnsubscribeUrl(AudienceMember member, QueueId message) => Link;
}
