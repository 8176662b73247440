namespace Relay.Delivery;

/// <summary>Mail under a queue key waits for a path that does not answer.</summary>
/// <param name="At">When that was seen last.</param>
public sealed record DownKey(string Site, string Source, string QueueKey, DateTimeOffset At);

/// <param name="Gone">Paths of which nothing is kept any more; before <see cref="Seen"/>.</param>
/// <param name="Seen">New, or seen again.</param>
/// <param name="ForgetBefore">What was seen last before this is forgotten: its mail has been given up.</param>
public sealed record DownPathChanges(IReadOnlyList<(string Site, string Source)> Gone, IReadOnlyList<DownKey> Seen, DateTimeOffset ForgetBefore);

/// <summary>Keeps which mail waits for which dead path, so that it flows when the path answers although the program was started anew meanwhile.</summary>
public interface IDownPathStore
{
    /// <summary>By site, source and key; at most <paramref name="limit"/>, the newest ones.</summary>
    ValueTask<IReadOnlyList<DownKey>> LoadAsync(int limit, CancellationToken cancellationToken);

    ValueTask SaveAsync(DownPathChanges changes);
}
