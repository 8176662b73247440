using System.Security.Cryptography;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Short-lived addresses at which a frame may show one message's HTML: a frame cannot send a token.</summary>
internal sealed class MailViews(TimeProvider time)
{
    /// <summary>Long enough for a frame to load.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(2);

    private readonly BoundedTable<MailView> _views = new(256);

    public string Open(QueueId id, bool showsRemote)
    {
        var ticket = RandomNumberGenerator.GetHexString(32, lowercase: true);
        _views.Set(ticket, new MailView(id, showsRemote, time.GetUtcNow() + Life), time.GetUtcNow());
        return ticket;
    }

    /// <summary>Null when there is no such view (any more).</summary>
    public MailView? Find(string ticket) =>
        _views.TryGet(ticket, out var view) && view.Until > time.GetUtcNow() ? view : null;
}

/// <param name="ShowsRemote">Pictures from elsewhere may be loaded, because somebody asked for it.</param>
internal sealed record MailView(QueueId Id, bool ShowsRemote, DateTimeOffset Until);
