using System.Globalization;
using System.Text.Json;

namespace Relay;

/// <summary><c>relay status</c>.</summary>
internal static class StatusCommand
{
    public static readonly OptionSpec Ready = new("ready", null, "exit code 0 only where a server is running and well, else 69");

    public static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var status = await client.GetAsync("admin/v1/status", cancellationToken);
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(status.GetRawText());
        }
        else
        {
            await WriteAsync(context.Out, status);
        }

        return !context.Invocation.Has("ready") || IsReady(status) ? ExitCodes.Ok : ExitCodes.Unavailable;
    }

    private static bool IsReady(JsonElement status) =>
        status.GetProperty("serving").GetBoolean() && status.GetProperty("health").EnumerateArray().All(part => part.GetProperty("healthy").GetBoolean());

    private static async Task WriteAsync(TextWriter output, JsonElement status)
    {
        var isServing = status.GetProperty("serving").GetBoolean();
        await output.WriteLineAsync($"Relay {status.Text("version")} on {status.Text("hostname")}, {(isServing ? $"up {status.Text("uptime")}" : "not running")}");
        foreach (var listener in status.GetProperty("listeners").EnumerateArray())
        {
            await output.WriteLineAsync($"listener {listener.Text("name"),-14} {listener.Text("endpoint"),-22} tls {listener.Text("tls"),-9} connections {listener.Text("connections"),-4} login {listener.Text("login")}");
        }

        foreach (var door in status.GetProperty("doors").EnumerateArray())
        {
            await output.WriteLineAsync($"http     {door.Text("name"),-14} {door.Text("endpoint"),-22} {door.Text("url")}");
        }

        foreach (var part in status.GetProperty("health").EnumerateArray())
        {
            await output.WriteLineAsync($"{part.Text("name"),-23} {(part.GetProperty("healthy").GetBoolean() ? "ok" : "UNWELL: " + part.Text("reason"))}");
        }

        if (isServing)
        {
            await output.WriteLineAsync("last hour               " + LastHour(status.GetProperty("rates")));
        }

        var states = status.GetProperty("queue").GetProperty("byState").EnumerateObject().Select(s => $"{s.Name} {s.Value}");
        await output.WriteLineAsync("recipients              " + string.Join(", ", states.DefaultIfEmpty("none")));
        foreach (var key in status.GetProperty("queue").GetProperty("byKey").EnumerateArray())
        {
            await output.WriteLineAsync($"  {key.Text("queueKey"),-40} waiting {key.Text("waiting")}, leased {key.Text("leased")}, held {key.Text("held")}");
        }

        await WriteSourcesAsync(output, status.GetProperty("sources"));
        foreach (var pause in status.GetProperty("paused").EnumerateArray())
        {
            await output.WriteLineAsync($"PAUSED {pause.Text("kind"),-16} {PauseLine(pause)}");
        }

        foreach (var alert in status.GetProperty("alerts").EnumerateArray())
        {
            await output.WriteLineAsync($"ALERT {alert.Text("name")} since {alert.Time("since")}: {alert.Text("text")}");
        }

        foreach (var warning in status.GetProperty("warnings").EnumerateArray())
        {
            await output.WriteLineAsync("warning: " + warning.GetString());
        }
    }

    private static string LastHour(JsonElement rates)
    {
        string Hour(string name) => rates.GetProperty(name).Text("lastHour");
        string Now(string name) => rates.GetProperty(name).GetProperty("now").GetDouble().ToString("0.#", CultureInfo.InvariantCulture);
        return $"in {Hour("in")}, delivered {Hour("delivered")}, deferred {Hour("deferred")}, bounced {Hour("bounced")}; now {Now("in")}/s in, {Now("out")}/s out";
    }

    private static string PauseLine(JsonElement pause)
    {
        var until = pause.Time("until") is { Length: > 0 } end ? "until " + end : "until it is ended";
        var by = pause.Text("by") is { Length: > 0 } who ? " by " + who : string.Empty;
        var how = pause.Text("suspensionId") is { Length: > 0 } id ? $" (relay suspend end {id})" : string.Empty;
        return $"{pause.Text("name")} {until}{by}: {pause.Text("reason")}{how}";
    }

    private static async Task WriteSourcesAsync(TextWriter output, JsonElement sources)
    {
        foreach (var source in sources.EnumerateArray())
        {
            var addresses = string.Join(' ', source.GetProperty("addresses").EnumerateArray().Select(a => a.GetString()).DefaultIfEmpty("by the system"));
            await output.WriteLineAsync($"source {source.Text("name"),-16} {addresses}, EHLO {source.Text("ehlo")}{(source.Text("problem") is { Length: > 0 } problem ? ", RESTS: " + problem : string.Empty)}");
            foreach (var name in source.GetProperty("reverseNames").EnumerateArray())
            {
                await output.WriteLineAsync($"  {name.Text("address"),-40} {(name.Text("problem") is { Length: > 0 } wrong ? wrong : "reverse name " + name.Text("name"))}");
            }
        }
    }
}
