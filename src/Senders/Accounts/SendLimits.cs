namespace Relay.Senders;

/// <summary>How much an account, key, login or domain may send, and ask of the API. Null means as configured, where the configuration says it, else without limit; 0 means without limit.</summary>
public sealed record SendLimits
{
    public static SendLimits Default { get; } = new();

    public int? RequestsPerSecond { get; init; }

    public int? EmailsPerSecond { get; init; }

    public int? EmailsPerHour { get; init; }

    public int? EmailsPerDay { get; init; }

    public int? RecipientsPerSecond { get; init; }

    public int? RecipientsPerHour { get; init; }

    public int? RecipientsPerDay { get; init; }

    /// <exception cref="ArgumentException">A number is negative; the message is for people.</exception>
    public void Check()
    {
        if (RequestsPerSecond < 0 || EmailsPerSecond < 0 || EmailsPerHour < 0 || EmailsPerDay < 0
            || RecipientsPerSecond < 0 || RecipientsPerHour < 0 || RecipientsPerDay < 0)
        {
            throw new ArgumentException("A limit is 0 for none, or more.");
        }
    }
}
