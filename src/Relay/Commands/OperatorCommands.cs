using System.Globalization;
using System.Text.Json;

namespace Relay;

/// <summary>Events, audit, tokens, single messages.</summary>
internal static class OperatorCommands
{
    public static readonly IReadOnlyList<OptionSpec> EventOptions =
    [
        new("kind", "LIST", "for example delivered,deferred,bounced"),
        new("domain", "DOMAIN", "recipients of this domain"),
        new("recipient", "ADDRESS", "one recipient"),
        new("message", "ID", "one message"),
    ];

    public static readonly OptionSpec Limit = new("limit", "N", "at most so many, 500 at most; default 50");

    public static readonly OptionSpec Role = new("role", "ROLE", "view (default), operate or admin");

    public static async Task<int> ListEventsAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await context.WriteListAsync(await client.GetAsync("admin/v1/events" + Query(context, "limit"), cancellationToken), EventLine);
    }

    /// <summary>Until interrupted, or the server ends.</summary>
    public static async Task<int> TailEventsAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await foreach (var (kind, data) in client.FollowAsync("admin/v1/events/stream" + Query(context), cancellationToken))
        {
            if (kind == "event")
            {
                await context.Out.WriteLineAsync(context.Invocation.Has("json") ? data.GetRawText() : EventLine(data).TrimEnd());
                await context.Out.FlushAsync(cancellationToken);
            }
            else if (kind == "lost")
            {
                await context.Error.WriteLineAsync("relay: " + data.Text("text"));
            }
        }

        await context.Error.WriteLineAsync("relay: the server ended the stream");
        return ExitCodes.Unavailable;
    }

    public static async Task<int> ListAuditAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var limit = context.Invocation.Option("limit") is { } text ? "?limit=" + Uri.EscapeDataString(text) : string.Empty;
        return await context.WriteListAsync(
            await client.GetAsync("admin/v1/audit" + limit, cancellationToken),
            entry => $"{entry.Time("at")}  {entry.Text("actor"),-16} {entry.Text("from"),-16} {entry.Text("action"),-22} {entry.Text("target")} ({entry.Text("affected")})");
    }

    public static async Task<int> ShowAgesAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var ages = await client.GetAsync("admin/v1/queue/ages?limit=50&by=" + Uri.EscapeDataString(context.Invocation.Option("by") ?? "domain"), cancellationToken);
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(ages.GetRawText());
            return ExitCodes.Ok;
        }

        var bounds = ages.GetProperty("boundsMinutes").EnumerateArray().Select(bound => bound.GetInt32().ToString(CultureInfo.InvariantCulture)).ToList();
        var table = new TextTable([ages.Text("by").ToUpperInvariant(), "ALL", .. bounds, bounds[^1] + "+"]);
        foreach (var row in ages.GetProperty("rows").EnumerateArray())
        {
            table.Add([row.Text("name") is { Length: > 0 } name ? name : "<>", row.Text("total"), .. row.GetProperty("counts").EnumerateArray().Select(count => count.GetRawText())]);
        }

        await table.WriteAsync(context.Out, "nothing waits");
        return ExitCodes.Ok;
    }

    public static async Task<int> CreateTokenAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var made = await client.PostAsync("admin/v1/tokens", new { name = context.Invocation.Arguments[0], role = context.Invocation.Option("role") }, cancellationToken);
        await context.Out.WriteLineAsync(made.Text("token"));
        return ExitCodes.Ok;
    }

    public static async Task<int> ListTokensAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await context.WriteListAsync(
            await client.GetAsync("admin/v1/tokens", cancellationToken),
            token => $"{token.Text("name"),-28} {token.Text("role"),-8} created {token.Time("createdAt")} last used {token.Time("lastUsedAt")}");
    }

    public static async Task<int> RevokeTokenAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.DeleteAsync("admin/v1/tokens/" + Uri.EscapeDataString(context.Invocation.Arguments[0]), cancellationToken);
        await context.Out.WriteLineAsync($"token {context.Invocation.Arguments[0]} revoked");
        return ExitCodes.Ok;
    }

    public static async Task<int> ShowHeadersAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await context.WriteListAsync(
            await client.GetAsync($"admin/v1/messages/{Id(context)}/headers", cancellationToken), field => $"{field.Text("name")}: {field.Text("value")}");
    }

    public static async Task<int> CheckMessageAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await context.WriteListAsync(
            await client.GetAsync($"admin/v1/messages/{Id(context)}/findings", cancellationToken), finding => $"{finding.Text("level"),-8} {finding.Text("text")}");
    }

    public static async Task<int> DeliverMessageAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var to = context.Invocation.Has("to") ? context.Invocation.List("to") : null;
        var sent = await client.PostAsync($"admin/v1/messages/{Id(context)}/deliver", new { recipients = to }, cancellationToken);
        await context.Out.WriteLineAsync(sent.Text("messageId"));
        return ExitCodes.Ok;
    }

    public static async Task<int> DeleteMessageAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.DeleteAsync("admin/v1/messages/" + Id(context), cancellationToken);
        await context.Out.WriteLineAsync($"message {context.Invocation.Arguments[0]} deleted");
        return ExitCodes.Ok;
    }

    private static string Id(CommandContext context) => Uri.EscapeDataString(context.Invocation.Arguments[0]);

    private static string EventLine(JsonElement item) =>
        $"{item.Time("at")}  {item.Text("kind"),-12} {item.Text("messageId")}  {item.Text("recipient"),-36} {item.Text("replyCode")} {item.Text("enhancedCode")} {item.Text("text")}";

    private static string Query(CommandContext context, params ReadOnlySpan<string> more)
    {
        var parts = new List<string>();
        foreach (var name in (ReadOnlySpan<string>)["kind", "domain", "recipient", "message", .. more])
        {
            if (context.Invocation.Option(name) is { } value)
            {
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }

        return parts.Count == 0 ? string.Empty : "?" + string.Join('&', parts);
    }
}
