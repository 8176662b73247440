namespace Relay.Platform.Webhooks;

/// <summary>Notices that were written together with the change they tell of and wait to be queued for webhooks. Thread safe.</summary>
public interface INoticeStore
{
    /// <summary>Oldest first.</summary>
    ValueTask<IReadOnlyList<StoredNotice>> ReadAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Forgets notices up to and including this one.</summary>
    ValueTask RemoveAsync(long through, CancellationToken cancellationToken);

    /// <summary>Raised after a commit that may have added one. Handlers must be quick and must not throw.</summary>
    event Action? Added;
}

/// <param name="Id">Rising with time.</param>
public sealed record StoredNotice(long Id, WebhookNotice Notice);
