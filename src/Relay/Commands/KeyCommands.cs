using System.Globalization;
using System.Text.Json;

namespace Relay;

/// <summary><c>relay key …</c>: API keys, which are also SMTP passwords for the user <c>apikey</c>.</summary>
internal static class KeyCommands
{
    public static readonly OptionSpec Account = new("account", "NAME", "the account it belongs to; default 'default'");

    public static readonly IReadOnlyList<OptionSpec> CreateOptions =
    [
        new("name", "NAME", "what the key is for; unique in its account"),
        new("scope", "SCOPE", "full, send or read; default send"),
        Account,
        new("domain", "DOMAIN", "a domain or address it may send as; may be repeated; default any") { Repeats = true },
        new("network", "CIDR", "a network it may be used from; may be repeated; default any") { Repeats = true },
        new("expires", "WHEN", "after a time such as 90d, or at a date such as 2027-01-31 (UTC); default never"),
    ];

    /// <summary>Prints the key, nothing else, on standard output: scripts capture it.</summary>
    public static async Task<int> CreateAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var invocation = context.Invocation;
        var name = invocation.Option("name") ?? throw new UsageException("'relay key create' needs --name NAME");
        var request = new
        {
            name,
            scope = invocation.Option("scope") ?? "send",
            account = invocation.Option("account"),
            domains = invocation.List("domain"),
            networks = invocation.List("network"),
            expiresAt = Expiry(invocation.Option("expires"), TimeProvider.System.GetUtcNow()),
        };
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var key = await client.PostAsync("admin/v1/keys", request, cancellationToken);
        await context.Out.WriteLineAsync(key.Text("key"));
        return ExitCodes.Ok;
    }

    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages("admin/v1/keys" + AccountQuery(context)) { WhenEmpty = "there are no keys; relay key create --name NAME --scope full makes one", Columns = Columns }.WriteAsync(
            context,
            client,
            key => $"{key.Text("account"),-12} {key.Text("name"),-24} {key.Text("hint"),-8} {key.Text("scopes"),-6} "
                + $"{string.Join(',', Bounds(key))} "
                + $"created {key.Time("createdAt")} {key.LastUsed()} {(key.Time("expiresAt") is { Length: > 0 } end ? "expires " + end : "")} "
                + (key.Text("revokedAt").Length > 0 ? "REVOKED" : "")
                + LimitOptions.Describe(key),
            cancellationToken);
    }

    private static readonly ListColumn[] Columns =
    [
        ListColumn.Of("Account", "account"), ListColumn.Of("Key", "name"), ListColumn.Of("Begins", "hint"), ListColumn.Of("May", "scopes"), new("Bound to", key => string.Join(", ", Bounds(key))),
        ListColumn.Time("Created", "createdAt"), ListColumn.Time("Last used", "lastUsedAt"),
        new("Ends", key => key.Text("revokedAt").Length > 0 ? "REVOKED" : key.Time("expiresAt")), new("Limits", LimitOptions.Listed),
    ];

    private static IEnumerable<string?> Bounds(JsonElement key) =>
        key.GetProperty("senders").EnumerateArray().Concat(key.GetProperty("networks").EnumerateArray()).Select(bound => bound.GetString());

    public static async Task<int> RevokeAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var name = context.Invocation.Arguments[0];
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.DeleteAsync($"admin/v1/keys/{Uri.EscapeDataString(name)}{AccountQuery(context)}", cancellationToken);
        await context.Out.WriteLineAsync($"key {name} revoked");
        return ExitCodes.Ok;
    }

    public static async Task<int> LimitAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var name = context.Invocation.Arguments[0];
        var limits = LimitOptions.Read(context.Invocation);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.PutAsync($"admin/v1/keys/{Uri.EscapeDataString(name)}/limits{AccountQuery(context)}", limits, cancellationToken);
        await context.Out.WriteLineAsync($"limits of key {name} set");
        return ExitCodes.Ok;
    }

    /// <summary>The account as a query of the admin API; empty without the option.</summary>
    public static string AccountQuery(CommandContext context) =>
        context.Invocation.Option("account") is { } account ? "?account=" + Uri.EscapeDataString(account) : "";

    internal static DateTimeOffset? Expiry(string? text, DateTimeOffset now) => text switch
    {
        null => null,
        _ when Duration.TryParse(text) is { Ticks: > 0 } duration => now + duration,
        _ when DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) => date.ToUniversalTime(),
        _ => throw new UsageException("--expires needs a time such as 90d, or a date such as 2027-01-31"),
    };
}
