namespace Relay.Senders;

/// <summary>Limits of <see cref="CredentialCheck"/>.</summary>
public sealed record CredentialCheckOptions
{
    /// <summary>Password derivations at the same time. Default: half of the processors, at least one, so that logins never starve delivery.</summary>
    public int MaxConcurrentVerifications { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Logins that may wait for a derivation; more are answered busy. Default 200: one or two seconds of work.</summary>
    public int MaxWaitingVerifications { get; init; } = 200;

    /// <summary>Failures before waiting begins. Default 5: people mistype.</summary>
    public int FreeFailures { get; init; } = 5;

    /// <summary>The wait after that many failures; it doubles with each further one. Default 1 second.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Default 15 minutes: guessing is hopeless, and a mended client gets in again within a coffee break.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>A key without failures for so long starts anew. Default 1 hour, longer than the longest wait.</summary>
    public TimeSpan ForgetFailuresAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a verified password is believed without deriving it again. Default 5 minutes.</summary>
    public TimeSpan RememberPasswordFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a network counts as known for a login that succeeded from it. Default 7 days.</summary>
    public TimeSpan RememberNetworkFor { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Entries of each table in memory. Default 20,000, some megabytes in all.</summary>
    public int MaxTableEntries { get; init; } = 20_000;
}
