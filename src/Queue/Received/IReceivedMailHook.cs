namespace Relay.Queue;

/// <summary>Hands mail that came in for one of our domains to whoever the configuration says.</summary>
public interface IReceivedMailHook
{
    /// <summary>Makes one attempt for all recipients of the task; what the other side does is told, not thrown.</summary>
    /// <exception cref="SpoolException">The content cannot be read now.</exception>
    ValueTask<HookAnswer> HandOverAsync(DeliveryTask task, CancellationToken cancellationToken);
}

public enum HookVerdict
{
    Taken,

    /// <summary>Not now: the message stays queued.</summary>
    Later,

    /// <summary>The other side wants no more of it: the message is kept until an operator lets it go.</summary>
    Gone,
}

/// <summary>How an attempt went.</summary>
/// <param name="Text">One sentence for operators.</param>
public sealed record HookAnswer(HookVerdict Verdict, string Text)
{
    /// <summary>Whom the call went to; null where none was made.</summary>
    public string? Host { get; init; }

    /// <summary>There is no call to be made as things are configured: the fault is ours.</summary>
    public bool IsOurFault { get; init; }

    /// <summary>The other side asked for a rest of so long; null leaves it to the retry schedule.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
