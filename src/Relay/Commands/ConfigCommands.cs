using System.Text.Json;

namespace Relay;

/// <summary><c>relay config …</c>: what is in force, what the file would change, reading it again, going back.</summary>
internal static class ConfigCommands
{
    public static readonly OptionSpec Set = new("set", null, "only what is set, not the defaults");

    public static async Task<int> ShowAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var answer = await client.GetAsync("admin/v1/configuration", cancellationToken);
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(answer.GetRawText());
            return ExitCodes.Ok;
        }

        var table = new TextTable("KEY", "VALUE", "FROM");
        foreach (var setting in answer.GetProperty("settings").EnumerateArray().Where(s => !context.Invocation.Has("set") || s.Text("origin") != "default"))
        {
            table.Add(setting.Text("key"), setting.Text("value"), setting.Text("origin"));
        }

        await table.WriteAsync(context.Out, "nothing is set: the defaults hold");
        return ExitCodes.Ok;
    }

    public static async Task<int> DiffAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var name = context.Invocation.Arguments is [var file] ? file : null;
        var text = name is null ? null : await ReadAsync(name, cancellationToken);
        return await WriteAsync(context, await client.PostAsync("admin/v1/configuration/check", new { text, name }, cancellationToken), "would change");
    }

    public static async Task<int> ReloadAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);

        // Asked first, so that the faults are listed one by one as 'relay check' lists them.
        var check = await client.PostAsync("admin/v1/configuration/check", new { text = (string?)null }, cancellationToken);
        return await WriteAsync(
            context,
            check.GetProperty("valid").GetBoolean() ? await client.PostAsync("admin/v1/configuration/reload", new { }, cancellationToken) : check,
            "changed");
    }

    public static async Task<int> HistoryAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages("admin/v1/configuration/history")
        {
            Columns = [ListColumn.Number("No", "number"), ListColumn.Time("Since", "at"), ListColumn.Of("By", "actor"), ListColumn.Id("Version", "version")],
        }.WriteAsync(
            context,
            client,
            revision => $"{revision.Text("number"),4}  {revision.Time("at")}  {revision.Text("actor"),-12} {revision.Text("version")}",
            cancellationToken);
    }

    public static async Task<int> CompareAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await WriteAsync(
            context, await client.GetAsync("admin/v1/configuration/history/" + Uri.EscapeDataString(context.Invocation.Arguments[0]), cancellationToken), "differs");
    }

    public static async Task<int> RollBackAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var number = Uri.EscapeDataString(context.Invocation.Arguments[0]);
        return await WriteAsync(context, await client.PostAsync($"admin/v1/configuration/history/{number}/restore", new { }, cancellationToken), "changed");
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancellationToken);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"{file} cannot be read: {trouble.Message}", ExitCodes.NotFound, trouble);
        }
    }

    private static async Task<int> WriteAsync(CommandContext context, JsonElement check, string verb)
    {
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(check.GetRawText());
            return check.GetProperty("valid").GetBoolean() ? ExitCodes.Ok : ExitCodes.Configuration;
        }

        foreach (var fault in check.GetProperty("faults").EnumerateArray())
        {
            await context.Error.WriteLineAsync(fault.GetString());
        }

        foreach (var warning in check.GetProperty("warnings").EnumerateArray())
        {
            await context.Out.WriteLineAsync("warning: " + warning.GetString());
        }

        if (!check.GetProperty("valid").GetBoolean())
        {
            return ExitCodes.Configuration;
        }

        var table = new TextTable("KEY", "FROM", "TO", "EFFECT");
        foreach (var change in check.GetProperty("changes").EnumerateArray())
        {
            table.Add(change.Text("key"), change.Text("from"), change.Text("to"), change.GetProperty("needsRestart").GetBoolean() ? "after a restart" : "at once");
        }

        await table.WriteAsync(context.Out, $"no setting {verb}");
        return ExitCodes.Ok;
    }
}
