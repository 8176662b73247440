using System.Collections.Concurrent;

namespace Relay.Platform.Webhooks;

/// <summary>All webhooks in memory, in front of their store: events are matched against them without a query each. Thread safe.</summary>
internal sealed class WebhookRegistry(IWebhookStore store) : IDisposable
{
    private readonly ConcurrentDictionary<long, Webhook> _webhooks = new();
    private readonly Lock _guard = new();

    // One change after the other, in the store and here: else what a change answers could bring back a webhook removed meanwhile.
    private readonly SemaphoreSlim _changing = new(1, 1);
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

        await _changing.WaitAsync(cancellationToken);
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
            _changing.Release();
        }
    }

    public Webhook? Find(long id) => _webhooks.GetValueOrDefault(id);

    /// <summary>By the id clients use; null when the account has none of it.</summary>
    public Webhook? Find(long accountId, string id) =>
        PublicId.Parse(id) is { } uid ? _webhooks.Values.FirstOrDefault(webhook => webhook.Uid == uid && webhook.AccountId == accountId) : null;

    public IReadOnlyList<Webhook> All() => [.. _webhooks.Values];

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Webhook> Of(long accountId) => (_byAccount ?? GroupByAccount()).GetValueOrDefault(accountId) ?? [];

    /// <returns>Null when the account has as many as it may.</returns>
    public ValueTask<Webhook?> AddAsync(Webhook webhook, int maxPerAccount, CancellationToken cancellationToken) =>
        OneByOneAsync(() => store.AddAsync(webhook, maxPerAccount, cancellationToken), cancellationToken);

    /// <inheritdoc cref="IWebhookStore.ChangeAsync"/>
    public ValueTask<Webhook?> ChangeAsync(long id, Func<Webhook, Webhook?> change, CancellationToken cancellationToken) =>
        OneByOneAsync(() => store.ChangeAsync(id, change, cancellationToken), cancellationToken);

    public async ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        bool wasThere;
        try
        {
            wasThere = await store.RemoveAsync(id, cancellationToken);
            Forget(id);
        }
        finally
        {
            _changing.Release();
        }

        Changed?.Invoke(id);
        return wasThere;
    }

    public void Dispose() => _changing.Dispose();

    private async ValueTask<Webhook?> OneByOneAsync(Func<ValueTask<Webhook?>> change, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        Webhook? changed;
        try
        {
            changed = await change();
            if (changed is not null)
            {
                Keep(changed);
            }
        }
        finally
        {
            _changing.Release();
        }

        if (changed is not null)
        {
            Changed?.Invoke(changed.Id);
        }

        return changed;
    }

    private void Keep(Webhook webhook)
    {
        lock (_guard)
        {
            _webhooks[webhook.Id] = webhook;
            _byAccount = null;
        }
    }

    private void Forget(long id)
    {
        lock (_guard)
        {
            _webhooks.TryRemove(id, out _);
            _byAccount = null;
        }
    }

    private Dictionary<long, Webhook[]> GroupByAccount()
    {
        lock (_guard)
        {
            return _byAccount ??= _webhooks.Values
                .GroupBy(webhook => webhook.AccountId)
                .ToDictionary(account => account.Key, account => account.OrderBy(webhook => webhook.Id).ToArray());
        }
    }
}
