using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Relay.Admin;

/// <summary>Mail in and out over time, for charts.</summary>
internal sealed class TrafficEndpoints(TrafficMonitor monitor)
{
    private static readonly Dictionary<string, (TimeSpan Length, TimeSpan Step)> Windows = new(StringComparer.Ordinal)
    {
        ["5m"] = (TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(2)),
        ["1h"] = (TimeSpan.FromHours(1), TimeSpan.FromSeconds(30)),
        ["24h"] = (TimeSpan.FromHours(24), TimeSpan.FromMinutes(10)),
    };

    public void Map(RouteGroupBuilder group) => group.MapGet("/traffic", Show)
        .WithSummary("Messages accepted and recipients by outcome over the last 5m, 1h or 24h, since the start at most")
        .Produces<TrafficAnswer>().ProducesProblem(StatusCodes.Status400BadRequest);

    private IResult Show(string? window)
    {
        if (!Windows.TryGetValue(window ?? "5m", out var chosen))
        {
            return Problems.BadRequest($"window: '{window}' is none of: {string.Join(", ", Windows.Keys)}");
        }

        return TypedResults.Ok(new TrafficAnswer(
            monitor.Since, (int)chosen.Step.TotalSeconds, monitor.Series(chosen.Length, chosen.Step), RatesAnswer.Of(monitor)));
    }
}

/// <param name="Since">When counting began; points before it are empty.</param>
internal sealed record TrafficAnswer(DateTimeOffset Since, int StepSeconds, IReadOnlyList<TrafficPoint> Points, RatesAnswer Rates);

/// <summary>Per second over the last 5 seconds, minute, 5 minutes and hour.</summary>
/// <param name="In">Messages accepted.</param>
/// <param name="Out">Recipients that left the queue for good: delivered, bounced, expired, captured.</param>
internal sealed record RatesAnswer(RateAnswer In, RateAnswer Out, RateAnswer Delivered, RateAnswer Deferred, RateAnswer Bounced)
{
    private static readonly TrafficKind[] Leaving =
        [TrafficKind.Delivered, TrafficKind.Bounced, TrafficKind.Expired, TrafficKind.Captured];

    public static RatesAnswer Of(TrafficMonitor monitor) => new(
        RateAnswer.Of(monitor, TrafficKind.Accepted),
        RateAnswer.Of(monitor, Leaving),
        RateAnswer.Of(monitor, TrafficKind.Delivered),
        RateAnswer.Of(monitor, TrafficKind.Deferred),
        RateAnswer.Of(monitor, TrafficKind.Bounced, TrafficKind.Expired));
}

internal sealed record RateAnswer(double Now, double OneMinute, double FiveMinutes, double OneHour, long LastHour)
{
    public static RateAnswer Of(TrafficMonitor monitor, params TrafficKind[] kinds)
    {
        double Rate(TimeSpan length) => Math.Round(kinds.Sum(kind => monitor.Rate(kind, length)), 3);
        var hour = TimeSpan.FromHours(1);
        return new RateAnswer(
            Rate(TrafficMonitor.Now), Rate(TimeSpan.FromMinutes(1)), Rate(TimeSpan.FromMinutes(5)), Rate(hour), kinds.Sum(kind => monitor.Sum(kind, hour)));
    }
}
