namespace Relay;

/// <summary><c>relay account …</c>: who owns keys, domains and mail.</summary>
internal static class AccountCommands
{
    public static async Task<int> AddAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var name = context.Invocation.Arguments[0];
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var account = await client.PostAsync("admin/v1/accounts", new { name }, cancellationToken);
        await context.Out.WriteLineAsync($"account {name} added with id {account.Text("id")}");
        return ExitCodes.Ok;
    }

    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages("admin/v1/accounts")
        {
            Columns =
            [
                ListColumn.Number("No", "id"), ListColumn.Of("Account", "name"), ListColumn.Time("Suspended", "suspendedAt"), ListColumn.Of("Time zone", "timeZone"), new("Limits", LimitOptions.Listed),
            ],
        }.WriteAsync(
            context,
            client,
            account => $"{account.Text("id"),-6} {account.Text("name"),-24} {(account.Text("suspendedAt").Length > 0 ? "SUSPENDED " : "")}{account.Text("timeZone")}{LimitOptions.Describe(account)}",
            cancellationToken);
    }

    public static async Task<int> RenameAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (name, newName) = (context.Invocation.Arguments[0], context.Invocation.Arguments[1]);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.PutAsync($"{PathOf(name)}/name", new { name = newName }, cancellationToken);
        await context.Out.WriteLineAsync($"account {name} is now {newName}");
        return ExitCodes.Ok;
    }

    public static Task<int> SuspendAsync(CommandContext context, CancellationToken cancellationToken) =>
        PostAsync(context, "suspend", "its keys and logins are refused; mail already accepted still goes", cancellationToken);

    public static Task<int> ResumeAsync(CommandContext context, CancellationToken cancellationToken) =>
        PostAsync(context, "resume", "its keys and logins are taken again", cancellationToken);

    public static async Task<int> LimitAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var name = context.Invocation.Arguments[0];
        var limits = LimitOptions.Read(context.Invocation);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.PutAsync($"{PathOf(name)}/limits", limits, cancellationToken);
        await context.Out.WriteLineAsync($"limits of account {name} set");
        return ExitCodes.Ok;
    }

    public static async Task<int> ZoneAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (name, zone) = (context.Invocation.Arguments[0], context.Invocation.Arguments[1]);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.PutAsync($"{PathOf(name)}/time-zone", new { timeZone = zone == "default" ? null : zone }, cancellationToken);
        await context.Out.WriteLineAsync($"time zone of account {name}: {zone}");
        return ExitCodes.Ok;
    }

    private static async Task<int> PostAsync(CommandContext context, string verb, string outcome, CancellationToken cancellationToken)
    {
        var name = context.Invocation.Arguments[0];
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.PostAsync($"{PathOf(name)}/{verb}", new { }, cancellationToken);
        await context.Out.WriteLineAsync($"account {name}: {outcome}");
        return ExitCodes.Ok;
    }

    private static string PathOf(string name) => "admin/v1/accounts/" + Uri.EscapeDataString(name);
}
