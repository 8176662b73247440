using System.Text.Json;

namespace Relay;

/// <summary><c>relay domain …</c>: domains accounts send from, and the records to publish.</summary>
internal static class DomainCommands
{
    public static readonly IReadOnlyList<OptionSpec> AddOptions =
    [
        KeyCommands.Account,
        new("trusted", null, "proved by your word: it may send at once, without proof in DNS"),
    ];

    public static async Task<int> AddAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var request = new
        {
            name = context.Invocation.Arguments[0],
            account = context.Invocation.Option("account"),
            trusted = context.Invocation.Has("trusted"),
        };
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await WriteAsync(context.Out, await client.PostAsync("admin/v1/domains", request, cancellationToken));
        return ExitCodes.Ok;
    }

    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await context.WriteListAsync(
            await client.GetAsync("admin/v1/domains" + KeyCommands.AccountQuery(context), cancellationToken),
            domain => $"{domain.Text("account"),-12} {domain.Text("name"),-32} {domain.Text("status"),-16} {domain.Text("problem")}");
    }

    /// <summary>Checks now and tells what was found; the exit code tells whether the domain is proved.</summary>
    public static async Task<int> VerifyAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var domain = await client.PostAsync($"{PathOf(context)}/verify{KeyCommands.AccountQuery(context)}", new { }, cancellationToken);
        await WriteAsync(context.Out, domain);
        return domain.Text("status") == "success" ? ExitCodes.Ok : ExitCodes.Failed;
    }

    public static async Task<int> LimitAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var limits = LimitOptions.Read(context.Invocation);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.PutAsync($"{PathOf(context)}/limits{KeyCommands.AccountQuery(context)}", limits, cancellationToken);
        await context.Out.WriteLineAsync($"limits of domain {context.Invocation.Arguments[0]} set");
        return ExitCodes.Ok;
    }

    public static async Task<int> RemoveAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.DeleteAsync(PathOf(context) + KeyCommands.AccountQuery(context), cancellationToken);
        await context.Out.WriteLineAsync($"domain {context.Invocation.Arguments[0]} removed; keep its DKIM records published for a week, for mail under way");
        return ExitCodes.Ok;
    }

    private static string PathOf(CommandContext context) => "admin/v1/domains/" + Uri.EscapeDataString(context.Invocation.Arguments[0]);

    // Master-file form, strings of at most 255 octets (RFC 1035 §3.3), ready to paste.
    private static async Task WriteAsync(TextWriter output, JsonElement domain)
    {
        await output.WriteLineAsync($"; {domain.Text("name")} of account {domain.Text("account")}: {domain.Text("status")}");
        if (domain.Text("problem") is { Length: > 0 } problem)
        {
            await output.WriteLineAsync($"; {problem}");
        }

        foreach (var record in domain.GetProperty("records").EnumerateArray())
        {
            var note = record.Text("recommended") == "true" ? ", recommended" : "";
            await output.WriteLineAsync($"; {record.Text("status")}{note}");
            await output.WriteLineAsync($"{record.Text("name")}. IN {record.Text("type")} {Value(record)}");
        }
    }

    private static string Value(JsonElement record) => record.Text("type") switch
    {
        "TXT" => $"( {string.Join(' ', record.Text("value").Chunk(255).Select(part => $"\"{new string(part)}\""))} )",
        "MX" => $"{record.Text("priority")} {record.Text("value")}.",
        _ => record.Text("value") + ".",
    };
}
