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

    public static readonly OptionSpec Limit = new("limit", "N", "at most so many; default 50");

    public static readonly OptionSpec Role = new("role", "ROLE", "view (default), operate or admin");

    public static async Task<int> ListEventsAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var list = new ListPages("admin/v1/events" + context.Query("kind", "domain", "recipient", "message")) { Cursor = "before", AtMost = ListPages.LimitOf(context, 50), WhenEmpty = "no event matches", Columns = EventColumns };
        return await list.WriteAsync(context, client, EventLine, cancellationToken);
    }

    /// <summary>Until interrupted; a server that is restarted is waited for, and what it did meanwhile is told.</summary>
    public static async Task<int> TailEventsAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenRunningAsync(context, cancellationToken);
        var tail = new EventTail(
            after => client.FollowAsync("admin/v1/events/stream" + context.Query("kind", "domain", "recipient", "message"), after, cancellationToken),
            item => context.Out.WriteLineAsync(context.Invocation.Has("json") ? item.GetRawText() : EventLine(item).TrimEnd()),
            note => context.Error.WriteLineAsync("relay: " + note),
            TimeProvider.System);
        await tail.RunAsync(cancellationToken);
        return ExitCodes.Ok;
    }

    public static async Task<int> ListAuditAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages("admin/v1/audit")
        {
            Cursor = "before",
            AtMost = ListPages.LimitOf(context, 50),
            Columns =
            [
                ListColumn.Time("When", "at"), ListColumn.Of("Who", "actor"), ListColumn.Of("From", "from"), ListColumn.Of("Did", "action"), ListColumn.Of("What", "target"), ListColumn.Number("How many", "affected"),
            ],
        }.WriteAsync(
            context,
            client,
            entry => $"{entry.Time("at")}  {entry.Text("actor"),-16} {entry.Text("from"),-16} {entry.Text("action"),-22} {entry.Text("target")} ({entry.Text("affected")})",
            cancellationToken);
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
        return await new ListPages("admin/v1/tokens")
        {
            Columns = [ListColumn.Of("Token", "name"), ListColumn.Of("Role", "role"), ListColumn.Time("Created", "createdAt"), ListColumn.Time("Last used", "lastUsedAt")],
        }.WriteAsync(
            context,
            client,
            token => $"{token.Text("name"),-28} {token.Text("role"),-8} created {token.Time("createdAt")} {token.LastUsed()}",
            cancellationToken);
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
        return await new ListPages($"admin/v1/messages/{Id(context)}/headers").WriteAsync(
            context,
            client,
            field => $"{field.Text("name")}: {field.Text("value")}",
            cancellationToken);
    }

    public static async Task<int> CheckMessageAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages($"admin/v1/messages/{Id(context)}/findings").WriteAsync(
            context,
            client,
            finding => $"{finding.Text("level"),-8} {finding.Text("text")}",
            cancellationToken);
    }

    public static async Task<int> DeliverMessageAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var to = context.Invocation.Has("to") ? context.Invocation.List("to") : null;
        var sent = await client.PostAsync($"admin/v1/messages/{Id(context)}/deliver", new { recipients = to }, cancellationToken);
        await context.Out.WriteLineAsync(context.Invocation.Has("json") ? sent.GetRawText() : sent.Text("messageId"));
        return ExitCodes.Ok;
    }

    public static async Task<int> WriteRawAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await using var target = Console.OpenStandardOutput();
        await client.CopyAsync($"admin/v1/messages/{Id(context)}/raw", target, cancellationToken);
        return ExitCodes.Ok;
    }

    public static async Task<int> ClearCapturedAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var cleared = await client.PostAsync("admin/v1/captured/clear", new { }, cancellationToken);
        await context.Out.WriteLineAsync($"{JsonText.Count(cleared.Text("affected"), "captured message")} deleted");
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

    private static readonly ListColumn[] EventColumns =
    [
        ListColumn.Time("When", "at"), ListColumn.Id("What", "kind"), ListColumn.Id("Message", "messageId"), ListColumn.Of("Recipient", "recipient"), new("Details", EventText.Short),
    ];

    private static string EventLine(JsonElement item) =>
        $"{item.Time("at")}  {item.Text("kind"),-12} {item.Text("messageId")}  {item.Text("recipient"),-36} {EventText.Short(item)}";
}
