namespace Relay.Platform.Webhooks;

/// <summary>When a failed call is tried again, and when it is given up: after about 32 hours.</summary>
internal static class WebhookBackOff
{
    private const double Jitter = 0.1;
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(8);

    private static readonly TimeSpan[] Steps =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(8), TimeSpan.FromHours(8), TimeSpan.FromHours(8),
    ];

    public static int MaxTries => Steps.Length + 1;

    /// <summary>Null when it is to be given up.</summary>
    /// <param name="tries">Failed so far, 1 for the first.</param>
    /// <param name="retryAfter">What the receiver asked for; shortens nothing, and 8 hours at most are granted.</param>
    /// <param name="random">0 up to 1, evenly spread: where in the range of the jitter the step falls.</param>
    public static TimeSpan? Next(int tries, TimeSpan? retryAfter, double random)
    {
        if (tries >= MaxTries)
        {
            return null;
        }

        var step = Steps[tries - 1] * (1 + (Jitter * ((2 * random) - 1)));
        var asked = retryAfter > LongestRetryAfter ? LongestRetryAfter : retryAfter ?? TimeSpan.Zero;
        return asked > step ? asked : step;
    }
}
