using System.Text.Json;

namespace Relay;

/// <summary><c>relay dkim …</c>: signing keys and the records to publish.</summary>
internal static class DkimCommands
{
    public static async Task<int> GenerateAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var (domain, isActive) = (context.Invocation.Arguments[0], context.Invocation.Has("active"));
        var keys = await client.PostAsync($"admin/v1/dkim/{Uri.EscapeDataString(domain)}{(isActive ? "?active=true" : "")}", new { }, cancellationToken);
        await WriteRecordsAsync(context.Out, keys);
        if (!isActive)
        {
            await context.Out.WriteLineAsync("; to be published now; the keys sign once their records are seen, which the server looks for by itself");
            await context.Out.WriteLineAsync($"; until then mail of {domain} goes unsigned, or signed by what signs for it already; 'relay dkim check {domain}' looks now");
        }

        return ExitCodes.Ok;
    }

    /// <summary>Exit code 1 while a record is missing that a key needs.</summary>
    public static async Task<int> CheckAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var found = await client.PostAsync($"admin/v1/dkim/{Uri.EscapeDataString(context.Invocation.Arguments[0])}/check", new { }, cancellationToken);
        var entries = found.GetProperty("entries").EnumerateArray().ToList();
        if (context.Invocation.Has("json"))
        {
            await context.Out.WriteLineAsync(found.GetRawText());
        }
        else
        {
            foreach (var entry in entries)
            {
                await context.Out.WriteLineAsync($"{entry.Text("selector")} ({entry.Text("algorithm")}, {entry.Text("state")}): {entry.Text("detail")}");
            }
        }

        return entries.TrueForAll(entry => entry.Text("seen") == "found") ? ExitCodes.Ok : ExitCodes.Failed;
    }

    public static async Task<int> RotateAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var keys = await client.PostAsync($"admin/v1/dkim/{Uri.EscapeDataString(context.Invocation.Arguments[0])}/rotate", new { }, cancellationToken);
        await WriteRecordsAsync(context.Out, keys);
        await context.Out.WriteLineAsync("; to be published now; the pair signs once its records are seen, and the old one retires two days later");
        return ExitCodes.Ok;
    }

    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var query = context.Invocation.Arguments is [var domain] ? "?domain=" + Uri.EscapeDataString(domain) : "";
        return await new ListPages("admin/v1/dkim" + query) { WhenEmpty = "there are no keys; relay dkim generate DOMAIN makes a pair" }.WriteAsync(context, client, RecordText, cancellationToken);
    }

    public static async Task<int> RetireAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var (domain, selector) = (context.Invocation.Arguments[0], context.Invocation.Arguments[1]);
        await client.PostAsync($"admin/v1/dkim/{Uri.EscapeDataString(domain)}/{Uri.EscapeDataString(selector)}/retire", new { }, cancellationToken);
        await context.Out.WriteLineAsync($"{selector}._domainkey.{domain} signs no more; keep its record published for a week, for mail under way");
        var left = await client.GetAsync($"admin/v1/dkim?limit=200&domain={Uri.EscapeDataString(domain)}", cancellationToken);
        if (!left.GetProperty("entries").EnumerateArray().Any(key => key.Text("state") == "active"))
        {
            await context.Out.WriteLineAsync($"no key of {domain} signs now, so that its mail goes unsigned or signed by a parent; 'relay dkim generate {domain}' makes a pair");
        }

        return ExitCodes.Ok;
    }

    private static async Task WriteRecordsAsync(TextWriter output, JsonElement keys)
    {
        foreach (var key in keys.GetProperty("entries").EnumerateArray())
        {
            await output.WriteLineAsync(RecordText(key));
        }
    }

    // Master-file form, strings of at most 255 octets (RFC 1035 §3.3), ready to paste.
    private static string RecordText(JsonElement key)
    {
        var strings = key.Text("record").Chunk(255).Select(part => $"\"{new string(part)}\"");
        return $"; {key.Text("algorithm")}, {key.Text("state")}{Environment.NewLine}{key.Text("name")}. IN TXT ( {string.Join(' ', strings)} )";
    }
}
