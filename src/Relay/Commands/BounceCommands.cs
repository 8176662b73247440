using System.Text.Json;

namespace Relay;

/// <summary><c>relay bounces …</c>: what the rules say of a reply, a report, or the history.</summary>
internal static class BounceCommands
{
    private static readonly string[] ReplayQuery = ["since", "limit"];

    public static readonly IReadOnlyList<OptionSpec> ReplayOptions =
    [
        new("since", "TIME", "only what happened since then, for example 2026-11-01T00:00:00Z"),
        new("limit", "N", "refusals to look at, newest first; default 100000"),
    ];

    public static readonly OptionSpec Step = new("step", "STEP", "where it was said, as events name it: mail, recipient, finalDot");

    public static async Task<int> ExplainAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var verdict = await client.PostAsync(
            "admin/v1/bounces/explain", new { reply = context.Invocation.Arguments[0], step = context.Invocation.Option("step") }, cancellationToken);
        await context.Out.WriteLineAsync(context.Invocation.Has("json")
            ? verdict.GetRawText()
            : $"{verdict.Text("class")}/{verdict.Text("subclass")}, fault: {verdict.Text("fault")}, {(verdict.GetProperty("isHard").GetBoolean() ? "hard" : "soft")}; {Rule(verdict)}");
        return ExitCodes.Ok;
    }

    private static string Rule(JsonElement verdict) => verdict.Text("matched") is { Length: > 0 } matched
        ? $"rule {verdict.Text("rule")}: {matched}"
        : $"no rule knows it ({verdict.Text("rule")})";

    /// <summary>Reads a report from a file, or from standard input for <c>-</c>, and prints what it says as JSON.</summary>
    public static async Task<int> ReadAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await using var file = SuppressionCommands.Open(context.Invocation.Arguments[0]);
        var report = await client.PostFileAsync("admin/v1/bounces/read", file, "message/rfc822", cancellationToken);
        await context.Out.WriteLineAsync(report.GetRawText());
        return report.Text("kind") == "none" ? ExitCodes.Failed : ExitCodes.Ok;
    }

    public static async Task<int> ReplayAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var query = string.Join('&', ReplayQuery
            .Where(name => context.Invocation.Option(name) is not null)
            .Select(name => $"{name}={Uri.EscapeDataString(context.Invocation.Option(name)!)}"));
        var result = await client.GetAsync("admin/v1/bounces/replay" + (query.Length == 0 ? string.Empty : "?" + query), cancellationToken);
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(result.GetRawText());
            return ExitCodes.Ok;
        }

        await context.Out.WriteLineAsync(
            $"rules {result.Text("version")}: {result.Text("judged")} refusals looked at, {result.Text("changed")} would be judged otherwise ({result.Text("moreHard")} more hard, {result.Text("lessHard")} less)");
        foreach (var change in result.GetProperty("changes").EnumerateArray())
        {
            await context.Out.WriteLineAsync($"{change.Text("count"),8}  {change.Text("from")} -> {change.Text("to")}");
        }

        return ExitCodes.Ok;
    }
}
