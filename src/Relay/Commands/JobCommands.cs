using System.Text.Json;

namespace Relay;

/// <summary><c>relay job …</c>: what the server does in the background for operators: backups, large acts on the queue, erasures and exports.</summary>
internal static class JobCommands
{
    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var list = new ListPages("admin/v1/jobs") { Cursor = "before", LargestPage = 100, WhenEmpty = "there are no jobs; they are kept for some days", Columns = Columns };
        return await list.WriteAsync(context, client, Line, cancellationToken);
    }

    public static async Task<int> ShowAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var job = await client.GetAsync(PathOf(context), cancellationToken);
        await context.Out.WriteLineAsync(context.Invocation.Has("json") ? job.GetRawText() : Line(job).TrimEnd());
        return ExitCodes.Ok;
    }

    public static async Task<int> FileAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await using var target = Console.OpenStandardOutput();
        await client.CopyAsync(PathOf(context) + "/file", target, cancellationToken);
        return ExitCodes.Ok;
    }

    public static async Task<int> RemoveAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.DeleteAsync(PathOf(context), cancellationToken);
        await context.Out.WriteLineAsync("broken off where it still ran, and deleted; what was done stays done");
        return ExitCodes.Ok;
    }

    private static string PathOf(CommandContext context) => "admin/v1/jobs/" + Uri.EscapeDataString(context.Invocation.Arguments[0]);

    private static readonly ListColumn[] Columns =
    [
        ListColumn.Id("Job", "id"), ListColumn.Time("Created", "createdAt"), ListColumn.Of("Kind", "kind"), ListColumn.Of("Status", "status"),
        ListColumn.Number("%", "progress"), ListColumn.Number("Done", "processed"), ListColumn.Of("By", "actor"), ListColumn.Of("Error", "error"),
    ];

    private static string Line(JsonElement job) =>
        $"{job.Text("id")}  {job.Time("createdAt")}  {job.Text("kind"),-12} {job.Text("status"),-10} {job.Text("progress"),3} %  {job.Text("processed"),8} done  by {job.Text("actor")} {job.Text("error")}";
}
