using System.Collections.Concurrent;

namespace Relay.Platform.Webhooks;

/// <summary>All webhooks in memory, in front of their store: events are matched against them without a query each. Thread safe.</summary>
internal sealed class WebhookRegistry(IWebhookStore store) : IDisposable
{
    private readonly ConcurrentDictionary<long, Webhook> _webhooks = new();
    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile bool _isLoaded;
    private volatile Dictionary<long, Webhook[]>? _byAccount;

    /// <summary>Raised with the id after a webhook was added, changed or removed. Handlers must be quick and must not throw.</summary>
    public event Action<long>? Changed;

    /// <summary>To be awaited before the first look; reads the store once.</summary>
    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        if (_isLoaded)
        {
            return;
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (!_isLoaded)
            {
                foreach (var webhook in await store.ListAsync(cancellationToken))
                {
                    Keep(webhook);
                }

                _isLoaded = true;
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    public Webhook? Find(long id) => _webhooks.GetValueOrDefault(id);

    /// <summary>By the id clients use; null when the account has none of it.</summary>
    public Webhook? Find(long accountId, string id) =>
        PublicId.Parse(id) is { } uid ? _webhooks.Values.FirstOrDefault(webhook => webhook.Uid == uid && webhook.AccountId == accountId) : null;

    public IReadOnlyList<Webhook> All() => [.. _webhooks.Values];

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Webhook> Of(long accountId)
    {
        var byAccount = _byAccount ??= _webhooks.Values
            .GroupBy(webhook => webhook.AccountId)
            .ToDictionary(account => account.Key, account => account.OrderBy(webhook => webhook.Id).ToArray());
        return byAccount.GetValueOrDefault(accountId) ?? [];
    }

    /// <returns>Null when the account has as many as it may.</returns>
    public async ValueTask<Webhook?> AddAsync(Webhook webhook, int maxPerAccount, CancellationToken cancellationToken)
    {
        var added = await store.AddAsync(webhook, maxPerAccount, cancellationToken);
        if (added is not null)
        {
            Keep(added);
            Changed?.Invoke(added.Id);
        }

        return added;
    }

    /// <inheritdoc cref="IWebhookStore.ChangeAsync"/>
    public async ValueTask<Webhook?> ChangeAsync(long id, Func<Webhook, Webhook?> change, CancellationToken cancellationToken)
    {
        var changed = await store.ChangeAsync(id, change, cancellationToken);
        if (changed is not null)
        {
            Keep(changed);
            Changed?.Invoke(id);
        }

        return changed;
    }

    public async ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken)
    {
        var wasThere = await store.RemoveAsync(id, cancellationToken);
        _webhooks.TryRemove(id, out _);
        _byAccount = null;
        Changed?.Invoke(id);
        return wasThere;
    }

    public void Dispose() => _loading.Dispose();

    // Answers of two changes may overtake each other; the higher revision is what is stored.
    private void Keep(Webhook webhook)
    {
        _webhooks.AddOrUpdate(webhook.Id, webhook, (_, kept) => kept.Revision > webhook.Revision ? kept : webhook);
        _byAccount = null;
    }
}
