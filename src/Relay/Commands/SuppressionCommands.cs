namespace Relay;

/// <summary><c>relay suppression …</c>: addresses never sent to.</summary>
internal static class SuppressionCommands
{
    public static async Task<int> AddAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var address = context.Invocation.Arguments[0];
        await client.PostAsync("admin/v1/suppressions", new { address, detail = context.Invocation.Option("reason") }, cancellationToken);
        await context.Out.WriteLineAsync($"{address} is suppressed");
        return ExitCodes.Ok;
    }

    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var list = await client.GetAsync("admin/v1/suppressions?limit=500", cancellationToken);
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(list.GetRawText());
            return ExitCodes.Ok;
        }

        foreach (var entry in list.GetProperty("entries").EnumerateArray())
        {
            await context.Out.WriteLineAsync($"{entry.Text("address"),-40} {entry.Text("reason"),-12} {entry.Text("createdAt")} {entry.Text("detail")}");
        }

        return ExitCodes.Ok;
    }

    public static async Task<int> RemoveAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var address = context.Invocation.Arguments[0];
        await client.DeleteAsync("admin/v1/suppressions/" + Uri.EscapeDataString(address), cancellationToken);
        await context.Out.WriteLineAsync($"{address} may be sent to again");
        return ExitCodes.Ok;
    }
}
