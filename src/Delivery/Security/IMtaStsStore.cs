namespace Relay.Delivery;

/// <summary>Keeps fetched policies over a restart: they bind for their whole life, even when the domain can no longer be asked (RFC 8461 §5.1).</summary>
public interface IMtaStsStore
{
    /// <summary>What was saved last for the domain; null when there is nothing readable.</summary>
    ValueTask<StoredMtaStsPolicy?> FindAsync(string domain, CancellationToken cancellationToken);

    /// <exception cref="IOException">Not saved.</exception>
    ValueTask SaveAsync(StoredMtaStsPolicy policy, CancellationToken cancellationToken);
}

/// <param name="Domain">A-label text.</param>
/// <param name="Id">Of the TXT record under which it was fetched.</param>
/// <param name="Text">The policy file as it was fetched.</param>
public sealed record StoredMtaStsPolicy(string Domain, string Id, DateTimeOffset FetchedAt, string Text);
