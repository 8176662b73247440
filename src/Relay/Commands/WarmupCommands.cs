using System.Text.Json;

namespace Relay;

/// <summary><c>relay warmup status</c>.</summary>
internal static class WarmupCommands
{
    public static async Task<int> StatusAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages("admin/v1/warmup") { WhenEmpty = "no warm-up plan is configured" }.WriteAsync(context, client, PlanText, cancellationToken);
    }

    private static string PlanText(JsonElement plan) => string.Join(
        Environment.NewLine,
        plan.GetProperty("sites").EnumerateArray().Select(site => "  " + Line(site))
            .Prepend($"{plan.Text("plan")}: source {plan.Text("source")}, {plan.GetProperty("days").GetArrayLength()} days"));

    private static string Line(JsonElement site)
    {
        var day = site.GetProperty("done").GetBoolean() ? "warm" : $"day {site.Text("day")}, {site.Text("sent")} of {site.Text("budget")} messages";
        var counts = $"delivered {site.Text("delivered")}, deferred {site.Text("deferred")}, bounced {site.Text("bounced")}, complaints {site.Text("complaints")}";
        var pause = site.Text("pausedUntil") is { Length: > 0 } until ? $"; RESTS until {until}: {site.Text("pauseReason")}" : string.Empty;
        return $"{site.Text("site"),-30} {day}; {counts}{pause}";
    }
}
