namespace Relay.Senders;

/// <summary>What a login or key may send beyond what <see cref="SendLimits"/> says: by the second, and in recipients. Null and 0 are without limit.</summary>
public sealed record CredentialLimits : SendLimits
{
    public static CredentialLimits None { get; } = new();

    public int? EmailsPerSecond { get; init; }

    public int? RecipientsPerSecond { get; init; }

    public int? RecipientsPerHour { get; init; }

    public int? RecipientsPerDay { get; init; }

    public override void Check()
    {
        base.Check();
        if (EmailsPerSecond < 0 || RecipientsPerSecond < 0 || RecipientsPerHour < 0 || RecipientsPerDay < 0)
        {
            throw new ArgumentException("A limit is 0 for none, or more.");
        }
    }
}
