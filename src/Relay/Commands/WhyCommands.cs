using System.Text.Json;

namespace Relay;

/// <summary><c>relay message why ID</c>: what keeps a message from being sent.</summary>
internal static class WhyCommands
{
    public static readonly IReadOnlyList<OptionSpec> Options =
    [
        new("recipient", "N", "one recipient by its number; without it all that are open"),
        new("conversation", null, "the SMTP conversations of the last attempts as well"),
    ];

    public static async Task<int> ExplainAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var path = $"admin/v1/messages/{Uri.EscapeDataString(context.Invocation.Arguments[0])}/why";
        if (context.Invocation.Option("recipient") is { } recipient)
        {
            path += "?recipient=" + (long.TryParse(recipient, out var id) ? FormattableString.Invariant($"{id}") : throw new UsageException($"--recipient {recipient} is not a number"));
        }

        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var why = await client.GetAsync(path, cancellationToken);
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(why.GetRawText());
            return ExitCodes.Ok;
        }

        foreach (var line in Lines(why, context.Invocation.Has("conversation")))
        {
            await context.Out.WriteLineAsync(line);
        }

        return ExitCodes.Ok;
    }

    private static IEnumerable<string> Lines(JsonElement why, bool hasConversations)
    {
        var owner = string.Join(", ", new[] { Named("user", why.Text("user")), why.Text("stream"), Named("tag", why.Text("tag")) }.Where(part => part.Length > 0));
        yield return $"message     {why.Text("messageId")}, account {why.Text("accountId")}, {owner}; {JsonText.Count(why.Text("openRecipients"), "recipient")} open";
        foreach (var recipient in why.GetProperty("recipients").EnumerateArray())
        {
            yield return string.Empty;
            foreach (var line in OfRecipient(recipient, hasConversations))
            {
                yield return line;
            }
        }
    }

    private static IEnumerable<string> OfRecipient(JsonElement recipient, bool hasConversations)
    {
        yield return $"<{recipient.Text("address")}> (number {recipient.Text("id")}): {recipient.Text("state")}, {JsonText.Count(recipient.Text("attemptCount"), "attempt")}";
        var blockers = recipient.GetProperty("blockers").EnumerateArray().ToList();
        if (blockers.Count == 0)
        {
            yield return $"why         {recipient.Text("summary")}";
        }

        foreach (var (index, also) in blockers.Index())
        {
            yield return $"{(index == 0 ? "why" : "and"),-12}{also.Text("what")} ({also.Text("origin")}){(also.Time("until") is { Length: > 0 } until ? ", until " + until : string.Empty)}";
        }

        var estimate = recipient.Time("estimate");
        if (estimate.Length > 0 || blockers.Count > 0)
        {
            yield return $"estimate    {(estimate.Length > 0 ? "not before " + estimate : "unknown")}, {recipient.Text("ahead")} ahead of it; expires {recipient.Time("expiresAt")}";
        }

        if (recipient.Text("lastReply") is { Length: > 0 } reply)
        {
            yield return $"last reply  {reply} {recipient.Text("lastHost")}";
        }

        if (recipient.TryGetProperty("route", out var route) && route.ValueKind == JsonValueKind.Object)
        {
            yield return "way         " + string.Join(", ", new[]
            {
                route.Text("decision"), Named("site", route.Text("site")), Named("pool", route.Text("pool")),
                route.Text("tls") is { Length: > 0 } tls ? $"TLS {tls} ({route.Text("tlsOrigin")})" : string.Empty,
            }.Where(part => part.Length > 0));
            var limits = string.Join("; ", route.GetProperty("limits").EnumerateArray().Select(limit => $"{limit.Text("name")} {limit.Text("value")} ({limit.Text("origin")})"));
            if (limits.Length > 0)
            {
                yield return "limits      " + limits;
            }

            if (PresetText.Of(route) is { } preset)
            {
                yield return "preset      " + preset;
            }
        }

        if (recipient.TryGetProperty("retry", out var retry) && retry.ValueKind == JsonValueKind.Object)
        {
            yield return $"retry       {retry.Text("value")} ({retry.Text("origin")})";
        }

        foreach (var attempt in recipient.GetProperty("attempts").EnumerateArray())
        {
            yield return $"attempt     {attempt.Time("at")} {attempt.Text("kind")} {EventText.Of(attempt)}";
            foreach (var line in hasConversations ? attempt.Text("conversation").Split('\n', StringSplitOptions.RemoveEmptyEntries) : [])
            {
                yield return "            " + line.TrimEnd('\r');
            }
        }
    }

    private static string Named(string label, string name) => name.Length == 0 ? string.Empty : $"{label} {name}";
}
