namespace Relay;

/// <summary><c>relay brake …</c>: who is braked, and letting him go.</summary>
internal static class BrakeCommands
{
    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages("admin/v1/brakes")
        {
            WhenEmpty = "nobody is braked",
            Columns =
            [
                ListColumn.Number("Id", "id"), ListColumn.Of("Who", "who"), ListColumn.Of("Account", "account"), ListColumn.Time("Since", "since"), ListColumn.Of("Rule", "rule"), ListColumn.Of("Reason", "reason"),
            ],
        }.WriteAsync(
            context,
            client,
            brake => $"{brake.Text("id"),6} {brake.Text("who"),-30} account {brake.Text("account"),-12} since {brake.Time("since")}  {brake.Text("rule")}: {brake.Text("reason")}",
            cancellationToken);
    }

    public static async Task<int> ReleaseAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var released = await client.DeleteAsync("admin/v1/brakes/" + Uri.EscapeDataString(context.Invocation.Arguments[0]), cancellationToken);
        await context.Out.WriteLineAsync($"brake {context.Invocation.Arguments[0]} is over; {released.Text("affected")} held {(released.Text("affected") == "1" ? "recipient goes" : "recipients go")}");
        return ExitCodes.Ok;
    }
}
