namespace Relay;

/// <summary><c>relay privacy …</c>: erase an address, or show what is known of it. The running server does the work in the background.</summary>
internal static class PrivacyCommands
{
    public static readonly OptionSpec Account = new("account", "NAME", "only in this account; without it in all of them");

    public static Task<int> EraseAsync(CommandContext context, CancellationToken cancellationToken) => AddAsync(context, "erasures", cancellationToken);

    public static Task<int> ExportAsync(CommandContext context, CancellationToken cancellationToken) => AddAsync(context, "exports", cancellationToken);

    /// <summary>Prints the receipt or the export; until there is one, how far the job is.</summary>
    public static async Task<int> ShowAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var path = "admin/v1/privacy/jobs/" + Uri.EscapeDataString(context.Invocation.Arguments[0]);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var job = await client.GetAsync(path, cancellationToken);
        switch (job.Text("status"))
        {
            case "succeeded":
                await context.Out.WriteLineAsync((await client.GetAsync(path + "/file", cancellationToken)).GetRawText());
                return ExitCodes.Ok;
            case "failed":
                throw new OperatorException(job.Text("error"), ExitCodes.Failed);
            default:
                await context.Out.WriteLineAsync($"{job.Text("status")}, {job.Text("progress")} %");
                return ExitCodes.Ok;
        }
    }

    private static async Task<int> AddAsync(CommandContext context, string what, CancellationToken cancellationToken)
    {
        var request = new { address = context.Invocation.Arguments[0], account = context.Invocation.Option("account") };
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var job = await client.PostAsync("admin/v1/privacy/" + what, request, cancellationToken);
        await context.Out.WriteLineAsync(context.Invocation.Has("json") ? job.GetRawText() : job.Text("id"));
        return ExitCodes.Ok;
    }
}
