using System.Text.Json;

namespace Relay;

/// <summary><c>relay domain …</c>: domains accounts send from, and the records to publish.</summary>
internal static class DomainCommands
{
    private static readonly string[] AdviceOrder = ["ok", "missing", "unknown", "wrong"];

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
        return await new ListPages("admin/v1/domains" + KeyCommands.AccountQuery(context))
        {
            WhenEmpty = "there are no domains; relay domain add NAME adds one",
            Columns = [ListColumn.Of("Account", "account"), ListColumn.Of("Domain", "name"), ListColumn.Of("Status", "status"), ListColumn.Of("Problem", "problem"), new("Limits", LimitOptions.Listed)],
        }.WriteAsync(
            context,
            client,
            domain => $"{domain.Text("account"),-12} {domain.Text("name"),-32} {domain.Text("status"),-16} {domain.Text("problem")}{LimitOptions.Describe(domain)}",
            cancellationToken);
    }

    /// <summary>Checks now and tells what was found; the exit code tells whether the domain is proved.</summary>
    public static async Task<int> VerifyAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var domain = await client.PostAsync($"{PathOf(context)}/verify{KeyCommands.AccountQuery(context)}", new { }, cancellationToken);
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(domain.GetRawText());
        }
        else
        {
            await WriteAsync(context.Out, domain);
        }

        return domain.Text("status") == "success" ? ExitCodes.Ok : ExitCodes.Failed;
    }

    public static readonly OptionSpec Envelope = new("envelope", "DOMAIN", "domain of the envelope sender, where it is another");

    /// <summary>Prints every rule that is broken, with who enforces it and what to do, and what is good to have; the exit code tells whether a rule is broken.</summary>
    public static async Task<int> CheckAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var query = KeyCommands.AccountQuery(context);
        if (context.Invocation.Option("envelope") is { } envelope)
        {
            query += (query.Length == 0 ? "?" : "&") + "envelope=" + Uri.EscapeDataString(envelope);
        }

        var facts = await client.GetAsync($"{PathOf(context)}/check{query}", cancellationToken);
        var findings = facts.GetProperty("findings").EnumerateArray().ToList();
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(facts.GetRawText());
            return findings.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }

        await WriteFactsAsync(context.Out, facts, findings);
        return findings.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
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

    // The worst stands last, where the eye is when the command has ended.
    private static async Task WriteFactsAsync(TextWriter output, JsonElement facts, List<JsonElement> findings)
    {
        foreach (var good in facts.GetProperty("good").EnumerateArray())
        {
            await output.WriteLineAsync($"ok       {good.GetString()}");
        }

        var advice = facts.GetProperty("advice").EnumerateArray().OrderBy(item => Array.IndexOf(AdviceOrder, item.Text("state"))).ToList();
        foreach (var item in advice)
        {
            await output.WriteLineAsync($"{AdviceWord(item),-8} {item.Text("check")}: {item.Text("found")}");
            foreach (var line in RecordLines.ToDo(item, ""))
            {
                await output.WriteLineAsync("         " + line);
            }
        }

        foreach (var unknown in facts.GetProperty("unknown").EnumerateArray())
        {
            await output.WriteLineAsync($"unknown  {unknown.GetString()}");
        }

        foreach (var finding in findings)
        {
            var receivers = string.Join(", ", finding.GetProperty("receivers").EnumerateArray().Select(receiver => receiver.GetString()));
            await output.WriteLineAsync($"problem  {finding.Text("rule")}: {finding.Text("found")}\n         → {finding.Text("remedy")} (enforced by {receivers})");
        }

        foreach (var source in findings.SelectMany(finding => finding.Text("source").Split("; ")).Distinct(StringComparer.Ordinal))
        {
            await output.WriteLineAsync($"source   {source}");
        }
    }

    private static string AdviceWord(JsonElement advice) => advice.Text("state") switch
    {
        "missing" => advice.Text("remedy").Length > 0 ? "advice" : "note",
        "wrong" => "warning",
        var state => state,
    };

    private static string PathOf(CommandContext context) => "admin/v1/domains/" + Uri.EscapeDataString(context.Invocation.Arguments[0]);

    // Master-file form, ready to paste.
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
            var found = record.Text("found") is { Length: > 0 } other ? ": " + other : "";
            await output.WriteLineAsync($"; {record.Text("status")}{note}{found}");

            // What is as good as ours must not be replaced by a paste of all lines.
            await output.WriteLineAsync((found.Length > 0 && record.Text("status") == "success" ? "; as good as " : "") + RecordLines.Of(record));
        }

        await RecordLines.WriteAdviceAsync(output, domain);
    }
}
