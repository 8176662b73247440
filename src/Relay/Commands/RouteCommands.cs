using System.Text.Json;

namespace Relay;

/// <summary><c>relay route explain</c>: the decision of routing, step by step.</summary>
internal static class RouteCommands
{
    public static readonly IReadOnlyList<OptionSpec> ExplainOptions =
    [
        new("from", "ADDRESS", "envelope sender; without it a null reverse-path"),
        new("user", "NAME", "login or API key that submits the message"),
        new("tag", "TAG", "a tag of the message"),
        new("account", "NUMBER", "account of the message; 1 without it"),
        new("stream", "STREAM", "transactional or broadcast"),
    ];

    public static async Task<int> ExplainAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var query = ExplainOptions
            .Where(o => context.Invocation.Has(o.Name))
            .Select(o => $"&{o.Name}={Uri.EscapeDataString(context.Invocation.Option(o.Name)!)}");
        var path = "admin/v1/routes/explain?to=" + Uri.EscapeDataString(context.Invocation.Arguments[0]) + string.Concat(query);
        var route = await client.GetAsync(path, cancellationToken);
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(route.GetRawText());
            return ExitCodes.Ok;
        }

        foreach (var line in RouteText.Lines(route))
        {
            await context.Out.WriteLineAsync(line);
        }

        return ExitCodes.Ok;
    }
}

/// <summary>An explanation as lines for people.</summary>
internal static class RouteText
{
    private const int Column = 12;

    public static IEnumerable<string> Lines(JsonElement route) =>
    [
        .. Rules(route),
        Line("route", $"{route.Text("decision")} ({route.Text("kind")}), queue key {route.Text("queueKey")}"),
        .. Failure(route),
        .. Hosts(route),
        .. Listed(route, "dialOrder", "dial order", static entry => entry.GetString()!),
        .. Remote(route),
    ];

    private static IEnumerable<string> Rules(JsonElement route) => Listed(
        route, "rules", "rules", static rule => $"{rule.Text("name")}: {(rule.Text("mismatch") is { Length: > 0 } mismatch ? "no, " + mismatch : "applies")}");

    private static IEnumerable<string> Failure(JsonElement route) =>
        route.Text("failure") is { Length: > 0 } failure ? [Line("no way", $"{route.Text("failureStatus")} {failure}")] : [];

    private static IEnumerable<string> Hosts(JsonElement route)
    {
        var label = "hosts";
        foreach (var host in route.GetProperty("hosts").EnumerateArray())
        {
            var share = host.Text("weight") is { Length: > 0 } weight ? $", weight {weight}" : string.Empty;
            var port = host.Text("port") is { Length: > 0 } number ? $", port {number}" : string.Empty;
            var problem = host.Text("problem") is { Length: > 0 } reason ? $": not used, {reason}" : string.Empty;
            yield return Line(label, $"{host.Text("preference"),4} {host.Text("name")}{share}{port}{problem}");
            label = string.Empty;
            foreach (var address in host.GetProperty("addresses").EnumerateArray())
            {
                yield return Line(string.Empty, $"       {(address.Text("refusal") is { Length: > 0 } refusal ? refusal : address.Text("address"))}");
            }
        }
    }

    private static IEnumerable<string> Remote(JsonElement route)
    {
        // What stays on this machine has no limits and no TLS.
        if (route.GetProperty("limits").GetArrayLength() == 0)
        {
            yield break;
        }

        yield return Line("site", route.Text("site"));
        if (route.Text("pool") is { Length: > 0 } pool)
        {
            yield return Line("pool", pool);
        }

        foreach (var line in Listed(route, "sources", "sources", Source)
            .Concat(Listed(route, "limits", "limits", static limit => $"{limit.Text("name")} {limit.Text("value")} ({limit.Text("origin")})")))
        {
            yield return line;
        }

        if (PresetText.Of(route) is { } preset)
        {
            yield return Line("preset", preset);
        }

        yield return Line("TLS", $"{route.Text("tls")} ({route.Text("tlsOrigin")})");
        if (route.Text("login") is { Length: > 0 } login)
        {
            yield return Line("login", login);
        }

        if (route.Text("fallback") is { Length: > 0 } fallback)
        {
            yield return Line("fallback", $"{fallback}, after {route.Text("fallbackAfter")} failed attempts or while this one is suspended");
        }
    }

    private static string Source(JsonElement source)
    {
        var addresses = string.Join(' ', source.GetProperty("addresses").EnumerateArray().Select(a => a.GetString()).DefaultIfEmpty("address by the system"));
        return $"{source.Text("name")}: {addresses}, EHLO {source.Text("ehlo")}, weight {source.Text("weight")}, {source.Text("state")}";
    }

    private static IEnumerable<string> Listed(JsonElement route, string member, string label, Func<JsonElement, string> text) =>
        route.GetProperty(member).EnumerateArray().Select((entry, i) => Line(i == 0 ? label : string.Empty, text(entry)));

    private static string Line(string label, string text) => label.PadRight(Column) + text;
}

/// <summary>What the presets say of a site, in one line.</summary>
internal static class PresetText
{
    /// <summary>Null for sites they do not know.</summary>
    public static string? Of(JsonElement route)
    {
        if (!route.TryGetProperty("preset", out var preset) || preset.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var looked = preset.Text("checked") is { Length: > 0 } at ? $"looked at {at}" : string.Empty;
        return string.Join("; ", new[] { preset.Text("title") is { Length: > 0 } title ? title : preset.Text("name"), preset.Text("source"), looked }.Where(part => part.Length > 0));
    }
}
