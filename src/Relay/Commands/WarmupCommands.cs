using System.Text.Json;

namespace Relay;

/// <summary><c>relay warmup status</c>.</summary>
internal static class WarmupCommands
{
    public static async Task<int> StatusAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var plans = await client.GetAsync("admin/v1/warmup", cancellationToken);
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(plans.GetRawText());
            return ExitCodes.Ok;
        }

        foreach (var plan in plans.GetProperty("entries").EnumerateArray())
        {
            await context.Out.WriteLineAsync($"{plan.Text("plan")}: source {plan.Text("source")}, {plan.GetProperty("days").GetArrayLength()} days");
            foreach (var site in plan.GetProperty("sites").EnumerateArray())
            {
                await context.Out.WriteLineAsync("  " + Line(site));
            }
        }

        return ExitCodes.Ok;
    }

    private static string Line(JsonElement site)
    {
        var day = site.GetProperty("done").GetBoolean() ? "warm" : $"day {site.Text("day")}, {site.Text("sent")} of {site.Text("budget")} messages";
        var counts = $"delivered {site.Text("delivered")}, deferred {site.Text("deferred")}, bounced {site.Text("bounced")}, complaints {site.Text("complaints")}";
        var pause = site.Text("pausedUntil") is { Length: > 0 } until ? $"; RESTS until {until}: {site.Text("pauseReason")}" : string.Empty;
        return $"{site.Text("site"),-30} {day}; {counts}{pause}";
    }
}
