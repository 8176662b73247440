namespace Relay.Senders;

/// <summary>What an account, key or domain may do through the API. Null means as the configuration says, 0 means without limit.</summary>
public record SendLimits
{
    public static SendLimits Default { get; } = new();

    public int? RequestsPerSecond { get; init; }

    public int? EmailsPerHour { get; init; }

    public int? EmailsPerDay { get; init; }

    /// <exception cref="ArgumentException">A number is negative; the message is for people.</exception>
    public virtual void Check()
    {
        if (RequestsPerSecond < 0 || EmailsPerHour < 0 || EmailsPerDay < 0)
        {
            throw new ArgumentException("A limit is 0 for none, or more.");
        }
    }
}
