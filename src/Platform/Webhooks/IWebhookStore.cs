namespace Relay.Platform.Webhooks;

/// <summary>The webhooks of all accounts. What it returns is durable.</summary>
public interface IWebhookStore
{
    /// <summary>Adds and returns it with its id; null when the account has <paramref name="maxPerAccount"/> already.</summary>
    ValueTask<Webhook?> AddAsync(Webhook webhook, int maxPerAccount, CancellationToken cancellationToken);

    /// <summary>All accounts', oldest first.</summary>
    ValueTask<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Changes one in a single transaction and counts its revision up. The function sees what is stored; answering the same
    /// instance, or null, changes nothing. Identity (id, uid, account, creation) stays whatever it answers.
    /// </summary>
    /// <returns>What is stored now; null when there is no such webhook.</returns>
    ValueTask<Webhook?> ChangeAsync(long id, Func<Webhook, Webhook?> change, CancellationToken cancellationToken);

    /// <returns>False when there was none.</returns>
    ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken);
}
