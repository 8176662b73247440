using System.Text.Json;

namespace Relay;

/// <summary><c>relay queue …</c>: see and steer what waits.</summary>
internal static class QueueCommands
{
    public static readonly IReadOnlyList<OptionSpec> ListOptions =
    [
        new("state", "STATE", "scheduled, ready, leased, deferred, held, delivered, bounced, expired, cancelled, suppressed or captured; several by commas; default: what is not final"),
        new("domain", "DOMAIN", "only recipients of this domain"),
        new("search", "TEXT", "text in recipient, From or Subject"),
        new("limit", "N", "at most so many; default 50"),
    ];

    public static readonly IReadOnlyList<OptionSpec> CapturedOptions =
    [
        new("search", "TEXT", "text in recipient, From or Subject"),
        new("limit", "N", "at most so many; default 50"),
    ];

    public static readonly IReadOnlyList<OptionSpec> CriteriaOptions =
    [
        new("recipient", "N", "one recipient by its number"),
        new("domain", "DOMAIN", "all recipients of this domain"),
        new("sender-domain", "DOMAIN", "all recipients of mail from this domain"),
        new("state", "STATE", "only those scheduled, ready, deferred or held; several by commas"),
        new("account", "N", "mail of this account, by its number"),
        new("tag", "TAG", "mail of this campaign: the first tag"),
        new("stream", "STREAM", "transactional or broadcast mail"),
        new("older", "DURATION", "accepted longer ago than so, such as 2h or 1d"),
        new("reply", "TEXT", "whose last reply contains this text"),
        new("all", null, "every recipient in the queue"),
        new("background", null, "let the server do it piece by piece; prints the id for 'relay queue job'"),
    ];

    public static readonly OptionSpec Reason = new("reason", "TEXT", "what the events say of it");

    public static readonly OptionSpec To = new("to", "WAY", "rule:NAME, route:NAME, pool:NAME, or domain for the ordinary way");

    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var query = Query(context, ("state", "state"), ("domain", "key"), ("search", "search"));
        var list = new ListPages("admin/v1/queue" + query) { Cursor = "before", AtMost = ListPages.LimitOf(context, 50), WhenEmpty = "nothing in the queue matches", Columns = Columns };
        return await list.WriteAsync(
            context,
            client,
            entry => $"{entry.Text("messageId")}  {entry.Text("state"),-10} {entry.Text("recipient"),-36} attempts {entry.Text("attempts")}  {entry.Text("lastReply")}",
            cancellationToken);
    }

    /// <summary>What was kept readable here instead of being sent.</summary>
    public static async Task<int> ListCapturedAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var search = context.Invocation.Option("search") is { } text ? "&search=" + Uri.EscapeDataString(text) : string.Empty;
        return await new ListPages("admin/v1/queue?state=captured" + search)
        {
            Cursor = "before",
            AtMost = ListPages.LimitOf(context, 50),
            WhenEmpty = "no captured message matches",
            Columns = [ListColumn.Id("Message", "messageId"), ListColumn.Time("Accepted", "acceptedAt"), ListColumn.Of("From", "from"), ListColumn.Of("To", "recipient"), ListColumn.Of("Subject", "subject")],
        }.WriteAsync(
            context,
            client,
            entry => $"{entry.Text("messageId")}  {entry.Time("acceptedAt")}  {entry.Text("from"),-32} {entry.Text("recipient"),-32} {entry.Text("subject")}",
            cancellationToken);
    }

    private static readonly ListColumn[] Columns =
    [
        ListColumn.Id("Message", "messageId"),
        ListColumn.Id("State", "state"),
        ListColumn.Of("Recipient", "recipient"),
        ListColumn.Number("Attempts", "attempts"),
        ListColumn.Time("Next", "nextAttempt"),
        ListColumn.Of("Last reply", "lastReply"),
    ];

    public static async Task<int> ShowAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var message = await client.GetAsync("admin/v1/messages/" + Uri.EscapeDataString(context.Invocation.Arguments[0]), cancellationToken);
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(message.GetRawText());
            return ExitCodes.Ok;
        }

        await WriteMessageAsync(context.Out, message);
        return ExitCodes.Ok;
    }

    public static Task<int> HoldAsync(CommandContext context, CancellationToken cancellationToken) => ActAsync(context, "hold", "held", cancellationToken);

    public static Task<int> ReleaseAsync(CommandContext context, CancellationToken cancellationToken) => ActAsync(context, "release", "released", cancellationToken);

    public static Task<int> RetryAsync(CommandContext context, CancellationToken cancellationToken) => ActAsync(context, "retry", "due now", cancellationToken);

    public static Task<int> CancelAsync(CommandContext context, CancellationToken cancellationToken) => ActAsync(context, "cancel", "cancelled", cancellationToken);

    public static Task<int> BounceAsync(CommandContext context, CancellationToken cancellationToken) => ActAsync(context, "bounce", "given up", cancellationToken);

    public static Task<int> RebindAsync(CommandContext context, CancellationToken cancellationToken) => ActAsync(context, "rebind", "sent another way", cancellationToken);

    /// <summary>How far an act in the background is.</summary>
    public static async Task<int> JobAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var job = await client.GetAsync("admin/v1/queue/jobs/" + Uri.EscapeDataString(context.Invocation.Arguments[0]), cancellationToken);
        await context.Out.WriteLineAsync(context.Invocation.Has("json") ? job.GetRawText() : $"{job.Text("status")}, {job.Text("progress")} %, {JsonText.Count(job.Text("processed"), "recipient")} {job.Text("error")}".TrimEnd());
        return ExitCodes.Ok;
    }

    public static async Task<int> StopAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.DeleteAsync("admin/v1/queue/jobs/" + Uri.EscapeDataString(context.Invocation.Arguments[0]), cancellationToken);
        await context.Out.WriteLineAsync("broken off; what was done stays done");
        return ExitCodes.Ok;
    }

    private static async Task<int> ActAsync(CommandContext context, string action, string done, CancellationToken cancellationToken)
    {
        var invocation = context.Invocation;
        var criteria = new Dictionary<string, object>();
        if (invocation.Arguments.Count > 0)
        {
            criteria["messageId"] = invocation.Arguments[0];
        }

        if (invocation.Option("recipient") is { } recipient)
        {
            criteria["recipientId"] = long.TryParse(recipient, out var id) ? id : throw new UsageException($"--recipient {recipient} is not a number");
        }

        AddText(criteria, "queueKey", invocation.Option("domain"));
        AddText(criteria, "senderDomain", invocation.Option("sender-domain"));
        AddText(criteria, "state", invocation.Option("state"));
        AddText(criteria, "tag", invocation.Option("tag"));
        AddText(criteria, "stream", invocation.Option("stream"));
        AddText(criteria, "reply", invocation.Option("reply"));
        if (invocation.Option("account") is { } account)
        {
            criteria["account"] = long.TryParse(account, out var number) ? number : throw new UsageException($"--account {account} is not a number");
        }

        if (invocation.Option("older") is { } older)
        {
            criteria["olderThan"] = TimeProvider.System.GetUtcNow() - (Duration.TryParse(older) ?? throw new UsageException($"--older {older} is no duration such as 2h or 1d"));
        }

        if (invocation.Has("all"))
        {
            criteria["all"] = true;
        }

        if (criteria.Count == 0)
        {
            throw new UsageException($"'relay queue {action}' needs a message id, --recipient, --domain, --sender-domain, --state, --account, --tag, --stream, --older, --reply or --all");
        }

        AddText(criteria, "reason", invocation.Option("reason"));
        AddText(criteria, "to", invocation.Option("to"));

        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var isBackground = invocation.Has("background");
        var result = await client.PostAsync($"admin/v1/queue/{action}{(isBackground ? "?background=true" : string.Empty)}", criteria, cancellationToken);
        if (invocation.Has("json") || isBackground)
        {
            await context.Out.WriteLineAsync(invocation.Has("json") ? result.GetRawText() : result.Text("id"));
            return ExitCodes.Ok;
        }

        var skipped = result.GetProperty("skippedLeased").GetInt32();
        await context.Out.WriteLineAsync($"{JsonText.Count(result.Text("affected"), "recipient")} {done}" + (skipped > 0 ? $"; {skipped} being delivered right now {(skipped == 1 ? "was" : "were")} left alone" : ""));
        return ExitCodes.Ok;
    }

    private static void AddText(Dictionary<string, object> criteria, string name, string? value)
    {
        if (value is not null)
        {
            criteria[name] = value;
        }
    }

    private static async Task WriteMessageAsync(TextWriter output, JsonElement message)
    {
        await output.WriteLineAsync($"id         {message.Text("id")}");
        await output.WriteLineAsync($"accepted   {message.Time("acceptedAt")} from {message.Text("clientAddress")}, expires {message.Time("expiresAt")}");
        await output.WriteLineAsync($"envelope   <{message.Text("reversePath")}>, {message.Text("sizeBytes")} octets");
        await output.WriteLineAsync($"From       {message.Text("from")}");
        await output.WriteLineAsync($"Subject    {message.Text("subject")}");
        foreach (var recipient in message.GetProperty("recipients").EnumerateArray())
        {
            await output.WriteLineAsync($"\n<{recipient.Text("address")}> (number {recipient.Text("id")}): {recipient.Text("state")}, {JsonText.Count(recipient.Text("attempts"), "attempt")}{(recipient.Time("nextAttempt") is { Length: > 0 } next ? ", next " + next : string.Empty)}");
            await output.WriteLineAsync($"  {recipient.Text("lastReply")} {recipient.Text("lastHost")}".TrimEnd());
        }

        await output.WriteLineAsync("\nevents, newest first:");
        foreach (var item in message.GetProperty("events").EnumerateArray())
        {
            await output.WriteLineAsync($"  {item.Time("at")} {item.Text("kind"),-10} {item.Text("recipient")} {EventText.Of(item)}".TrimEnd());
            foreach (var line in item.Text("conversation").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                await output.WriteLineAsync("      " + line);
            }
        }
    }

    private static string Query(CommandContext context, params ReadOnlySpan<(string Option, string Parameter)> names)
    {
        var parts = new List<string>();
        foreach (var (option, parameter) in names)
        {
            if (context.Invocation.Option(option) is { } value)
            {
                parts.Add($"{parameter}={Uri.EscapeDataString(value)}");
            }
        }

        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }
}
