using System.Text;
using System.Text.Json;
using Relay.Delivery;

namespace Relay;

/// <summary><c>relay shaping …</c>: what is known of receivers, and what was decided about them.</summary>
internal static class ShapingCommands
{
    public static readonly IReadOnlyList<OptionSpec> DecisionsOptions =
    [
        new("site", "NAME", "of this site only"),
        new("source", "NAME", "of this egress source only"),
        new("active", null, "only those in force now"),
    ];

    /// <summary>The built-in presets as they stand in the program, ready to be edited.</summary>
    public static async Task<int> ShowAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await context.Out.WriteAsync(Encoding.UTF8.GetString(ShippedPresets.Content).AsMemory(), cancellationToken);
        return ExitCodes.Ok;
    }

    public static async Task<int> DecisionsAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var query = context.Query("site", "source");
        var active = context.Invocation.Has("active") ? (query.Length == 0 ? "?" : "&") + "active=true" : string.Empty;
        var list = new ListPages("admin/v1/shaping/decisions" + query + active) { Cursor = "before", WhenEmpty = "no decision matches; they are made when a receiver asks for less, or takes more", Columns = Columns };
        return await list.WriteAsync(context, client, Line, cancellationToken);
    }

    public static async Task<int> EndAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (!long.TryParse(context.Invocation.Arguments[0], out var id))
        {
            throw new UsageException($"'{context.Invocation.Arguments[0]}' is no decision's id: relay shaping decisions --active lists them");
        }

        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.DeleteAsync(FormattableString.Invariant($"admin/v1/shaping/decisions/{id}"), cancellationToken);
        await context.Out.WriteLineAsync($"{id} is no longer in force");
        return ExitCodes.Ok;
    }

    private static readonly ListColumn[] Columns =
    [
        ListColumn.Number("Id", "id"),
        ListColumn.Time("Made", "at"),
        new("Site", decision => Name(decision, "site")),
        new("Source", decision => Name(decision, "source")),
        new("What", What),
        new("In force", State),
        ListColumn.Of("Rule", "rule"),
        ListColumn.Of("Reason", "reason"),
    ];

    private static string Line(JsonElement decision) =>
        $"{decision.Text("id"),6} {decision.Time("at")} {Name(decision, "site")} from {Name(decision, "source")}: {What(decision)}, {State(decision)}; {decision.Text("rule")}: {decision.Text("reason")}";

    private static string State(JsonElement decision) => decision.GetProperty("active").GetBoolean() ? "until " + decision.Time("until") : "over";

    private static string What(JsonElement decision)
    {
        string[] limits =
        [
            decision.Text("connections") is { Length: > 0 } connections ? $"{connections} connections" : string.Empty,
            decision.Text("rate"),
        ];
        return string.Join(", ", limits.Where(limit => limit.Length > 0).Prepend(decision.Text("act")));
    }

    private static string Name(JsonElement decision, string member) => decision.Text(member) is { Length: > 0 } name ? name : $"every {member}";
}
