using System.Text.Json;

namespace Relay;

/// <summary><c>relay suspend …</c> and <c>relay site …</c>: let mail wait, and let it go again.</summary>
internal static class SuspendCommands
{
    public static readonly IReadOnlyList<OptionSpec> AddOptions =
    [
        new("reason", "TEXT", "why, for those who look later"),
        new("for", "DURATION", "for so long, such as 30m, 2h or 1d; without it until it is ended"),
    ];

    public static Task<int> AddAsync(CommandContext context, CancellationToken cancellationToken) =>
        AddAsync(context, context.Invocation.Arguments[0], context.Invocation.Arguments[1], cancellationToken);

    public static Task<int> SuspendSiteAsync(CommandContext context, CancellationToken cancellationToken) =>
        AddAsync(context, "site", context.Invocation.Arguments[0], cancellationToken);

    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages("admin/v1/suspensions")
        {
            WhenEmpty = "nothing is suspended",
            Columns =
            [
                ListColumn.Number("Id", "id"), ListColumn.Of("Kind", "scope"), ListColumn.Of("Name", "name"), new("In force", UntilOf), ListColumn.Of("By", "actor"), ListColumn.Of("Reason", "reason"),
            ],
        }.WriteAsync(context, client, Line, cancellationToken);
    }

    public static async Task<int> EndAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (!long.TryParse(context.Invocation.Arguments[0], out var id))
        {
            throw new UsageException($"'{context.Invocation.Arguments[0]}' is no suspension's id: relay suspend list shows them");
        }

        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await EndAsync(context, client, id, cancellationToken);
        return ExitCodes.Ok;
    }

    public static async Task<int> ResumeSiteAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var site = context.Invocation.Arguments[0];
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var found = new List<long>();
        await foreach (var page in new ListPages("admin/v1/suspensions").ReadAsync(client, cancellationToken))
        {
            found.AddRange(page.GetProperty("entries").EnumerateArray()
                .Where(s => s.Text("scope") == "site" && s.Text("name").Equals(site, StringComparison.OrdinalIgnoreCase))
                .Select(s => s.GetProperty("id").GetInt64()));
        }

        if (found.Count == 0)
        {
            throw new OperatorException($"site {site} is not suspended by an operator; relay shaping decisions --active shows what replies brought about", ExitCodes.Failed);
        }

        foreach (var id in found)
        {
            await EndAsync(context, client, id, cancellationToken);
        }

        return ExitCodes.Ok;
    }

    public static async Task<int> ListSitesAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages("admin/v1/sites") { WhenEmpty = "no site is in use: sites stand here while mail goes to them, and some minutes longer", Columns = SiteColumns }
            .WriteAsync(context, client, SiteLine, cancellationToken);
    }

    private static readonly ListColumn[] SiteColumns =
    [
        ListColumn.Of("Site", "name"),
        ListColumn.Of("Source", "source"),
        ListColumn.Number("Busy", "busy"),
        ListColumn.Number("Waiting", "waiting"),
        ListColumn.Number("Delivered", "delivered"),
        ListColumn.Number("Deferred", "deferred"),
        new("Connections", site => $"{site.Text("allowedConnections")} of {site.GetProperty("maxConnections").Text("value")}", IsNumber: true),
        new("Rate", site => site.GetProperty("messageRate").Text("value")),
        new("State", SiteState),
    ];

    private static string SiteLine(JsonElement site)
    {
        var limits = $"at most {site.GetProperty("maxConnections").Text("value")} connections ({site.Text("allowedConnections")} by feedback), rate {site.GetProperty("messageRate").Text("value")}";
        return $"{site.Text("name"),-32} from {site.Text("source"),-12} {site.Text("busy"),4} busy {site.Text("waiting"),5} waiting  {site.Text("delivered"),8} delivered {site.Text("deferred"),8} deferred  {limits}; {SiteState(site)}";
    }

    private static string SiteState(JsonElement site) => site.Text("suspension") is { Length: > 0 } reason ? $"SUSPENDED {(site.Time("suspendedUntil") is { Length: > 0 } until ? "until " + until : "until it is ended")}: {reason}" : site.Text("room");

    private static async Task<int> AddAsync(CommandContext context, string scope, string name, CancellationToken cancellationToken)
    {
        DateTimeOffset? until = null;
        if (context.Invocation.Option("for") is { } text)
        {
            until = TimeProvider.System.GetUtcNow() + (Duration.TryParse(text) ?? throw new UsageException($"--for {text} is no duration such as 30m, 2h or 1d"));
        }

        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var added = await client.PostAsync(
            "admin/v1/suspensions", new { scope, name, reason = context.Invocation.Option("reason") ?? "by an operator", until }, cancellationToken);
        await context.Out.WriteLineAsync($"{added.Text("id")}: {scope} {added.Text("name")} is suspended {UntilOf(added)}");
        return ExitCodes.Ok;
    }

    private static async Task EndAsync(CommandContext context, AdminClient client, long id, CancellationToken cancellationToken)
    {
        var ended = await client.DeleteAsync(FormattableString.Invariant($"admin/v1/suspensions/{id}"), cancellationToken);
        await context.Out.WriteLineAsync($"{ended.Text("scope")} {ended.Text("name")} is no longer suspended");
    }

    private static string Line(JsonElement suspension) =>
        $"{suspension.Text("id"),6} {suspension.Text("scope"),-8} {suspension.Text("name"),-32} {UntilOf(suspension)}; by {suspension.Text("actor")}: {suspension.Text("reason")}";

    private static string UntilOf(JsonElement suspension) => suspension.Time("until") is { Length: > 0 } until ? "until " + until : "until it is ended";
}
