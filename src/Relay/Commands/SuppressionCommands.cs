namespace Relay;

/// <summary><c>relay suppression …</c>: addresses and patterns never sent to.</summary>
internal static class SuppressionCommands
{
    public static readonly OptionSpec Scope =
        new("scope", "SCOPE", "account (all its mail), stream:broadcast, stream:transactional or list:ID");

    public static readonly IReadOnlyList<OptionSpec> AddOptions =
    [
        KeyCommands.Account, Scope, new("reason", "TEXT", "why, for the record"), new("expires", "TIME", "when it ends, for example 2027-01-31T00:00:00Z"),
    ];

    public static async Task<int> AddAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var request = new
        {
            address = context.Invocation.Arguments[0],
            detail = context.Invocation.Option("reason"),
            account = context.Invocation.Option("account"),
            scope = context.Invocation.Option("scope"),
            expiresAt = context.Invocation.Option("expires"),
        };
        var entry = await client.PostAsync("admin/v1/suppressions", request, cancellationToken);
        await context.Out.WriteLineAsync($"{entry.Text("address")} is suppressed");
        return ExitCodes.Ok;
    }

    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages("admin/v1/suppressions" + context.Query("account", "scope"))
        {
            WhenEmpty = "nothing is suppressed",
            Columns =
            [
                ListColumn.Of("Address", "address"), ListColumn.Of("Scope", "scope"), ListColumn.Of("Reason", "reason"), ListColumn.Time("Since", "createdAt"), ListColumn.Time("Until", "expiresAt"),
                ListColumn.Of("Details", "detail"),
            ],
        }.WriteAsync(
            context,
            client,
            entry => $"{entry.Text("address"),-40} {entry.Text("scope"),-18} {entry.Text("reason"),-12} {entry.Time("createdAt")} {entry.Text("detail")}",
            cancellationToken);
    }

    /// <summary>Tells what holds an address; the exit code tells whether anything does.</summary>
    public static async Task<int> ShowAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var address = context.Invocation.Arguments[0];
        var list = new ListPages("admin/v1/suppressions/" + Uri.EscapeDataString(address) + context.Query("account")) { WhenEmpty = $"{address} is not suppressed" };
        var found = await list.WriteEntriesAsync(
            context,
            client,
            entry => $"{entry.Text("address"),-40} {entry.Text("scope"),-18} {entry.Text("reason"),-12} {entry.Time("createdAt")} {entry.Time("expiresAt")} {entry.Text("detail")} {entry.Text("evidence")}",
            cancellationToken);
        return found > 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    public static async Task<int> RemoveAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var address = context.Invocation.Arguments[0];
        await client.DeleteAsync("admin/v1/suppressions/" + Uri.EscapeDataString(address) + context.Query("account", "scope"), cancellationToken);
        await context.Out.WriteLineAsync($"{address} may be sent to again");
        return ExitCodes.Ok;
    }

    /// <summary>Reads the file, or standard input for <c>-</c>.</summary>
    public static async Task<int> ImportAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await using var file = Open(context.Invocation.Arguments[0]);
        var answer = await client.PostFileAsync("admin/v1/suppressions.csv" + context.Query("account", "scope"), file, "text/csv", cancellationToken);
        await context.Out.WriteLineAsync($"{JsonText.Count(answer.Text("read"), "row")} read, {answer.Text("changed")} added or changed, {answer.Text("refused")} refused");
        foreach (var problem in answer.GetProperty("problems").EnumerateArray())
        {
            await context.Error.WriteLineAsync(problem.GetString());
        }

        return answer.GetProperty("refused").GetInt32() == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    /// <summary>Writes the list as CSV to the file; to standard output for <c>-</c>.</summary>
    public static async Task<int> ExportAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var name = context.Invocation.Arguments[0];
        await using var target = name == "-" ? Console.OpenStandardOutput() : File.Create(name);
        await client.CopyAsync("admin/v1/suppressions.csv" + context.Query("account", "scope"), target, cancellationToken);
        return ExitCodes.Ok;
    }

    /// <summary>Standard input for <c>-</c>.</summary>
    public static Stream Open(string name)
    {
        try
        {
            return name == "-" ? Console.OpenStandardInput() : File.OpenRead(name);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"{name} cannot be read: {trouble.Message}", ExitCodes.NotFound, trouble);
        }
    }
}
