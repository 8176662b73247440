using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Relay.Senders;

namespace Relay;

/// <summary><c>relay user …</c> and <c>relay token …</c>: who may use the doors.</summary>
internal static class UserCommands
{
    public static readonly IReadOnlyList<OptionSpec> AddOptions =
    [
        new("password-stdin", null, "read the password from standard input; without it one is made and printed"),
        new("senders", "LIST", "domains and addresses the login may send as, separated by commas; default any"),
        new("networks", "LIST", "networks the login may be used from (CIDR), separated by commas; default any"),
    ];

    public static readonly IReadOnlyList<OptionSpec> DefaultOptions =
    [
        new("stream", "STREAM", "transactional or broadcast"),
        new("tags", "LIST", "tags, separated by commas"),
    ];

    public static async Task<int> AddAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var invocation = context.Invocation;
        var password = invocation.Has("password-stdin") ? await ReadPasswordAsync(context) : null;
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var user = await client.PostAsync(
            "admin/v1/users",
            new { name = invocation.Arguments[0], password, senders = invocation.List("senders"), networks = invocation.List("networks") },
            cancellationToken);
        await context.Out.WriteLineAsync(password is null ? user.Text("password") : $"user {invocation.Arguments[0]} added");
        return ExitCodes.Ok;
    }

    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        return await new ListPages("admin/v1/users") { WhenEmpty = "there are no logins; relay user add NAME --password-stdin makes one", Columns = Columns }.WriteAsync(
            context,
            client,
            Line,
            cancellationToken);
    }

    private static readonly ListColumn[] Columns =
    [
        ListColumn.Of("Login", "name"),
        ListColumn.Of("May", "scopes"),
        ListColumn.Time("Created", "createdAt"),
        ListColumn.Time("Last used", "lastUsedAt"),
        new("Bound to", user => string.Join(", ", Bounds(user))),
        new("Default", Usual),
        new("Limits", LimitOptions.Listed),
    ];

    private static string Line(JsonElement user) =>
        $"{user.Text("name"),-28} {user.Text("scopes"),-8} created {user.Time("createdAt")} {user.LastUsed()} {string.Join(',', Bounds(user))}"
        + (Usual(user) is { Length: > 0 } usual ? " default: " + usual : string.Empty)
        + LimitOptions.Describe(user);

    private static IEnumerable<string> Bounds(JsonElement user) => Names(user, "senders").Concat(Names(user, "networks")).Concat(Names(user, "certificates"));

    private static string Usual(JsonElement user)
    {
        var defaults = user.GetProperty("defaults");
        return string.Join(' ', Names(defaults, "tags").Prepend(defaults.Text("stream")).Where(word => word.Length > 0));
    }

    private static IEnumerable<string> Names(JsonElement element, string name) => element.GetProperty(name).EnumerateArray().Select(item => item.GetString()!);

    public static async Task<int> LimitAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var name = context.Invocation.Arguments[0];
        var limits = LimitOptions.Read(context.Invocation);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.PutAsync($"admin/v1/users/{Uri.EscapeDataString(name)}/limits", limits, cancellationToken);
        await context.Out.WriteLineAsync($"limits of user {name} set");
        return ExitCodes.Ok;
    }

    public static async Task<int> RemoveAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.DeleteAsync("admin/v1/users/" + Uri.EscapeDataString(context.Invocation.Arguments[0]), cancellationToken);
        await context.Out.WriteLineAsync($"user {context.Invocation.Arguments[0]} removed");
        return ExitCodes.Ok;
    }

    public static async Task<int> PasswordAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var password = context.Invocation.Has("password-stdin")
            ? await ReadPasswordAsync(context)
            : throw new UsageException("'relay user password' needs --password-stdin");
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.PutAsync($"admin/v1/users/{Uri.EscapeDataString(context.Invocation.Arguments[0])}/password", new { password }, cancellationToken);
        await context.Out.WriteLineAsync($"password of {context.Invocation.Arguments[0]} changed");
        return ExitCodes.Ok;
    }

    public static async Task<int> DefaultsAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var name = context.Invocation.Arguments[0];
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.PutAsync(
            $"admin/v1/users/{Uri.EscapeDataString(name)}/defaults",
            new { stream = context.Invocation.Option("stream"), tags = context.Invocation.List("tags") },
            cancellationToken);
        await context.Out.WriteLineAsync($"defaults of user {name} set");
        return ExitCodes.Ok;
    }

    public static async Task<int> AddCertificateAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (name, certificate) = ReadCertificate(context.Invocation);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.PostAsync($"admin/v1/users/{Uri.EscapeDataString(name)}/certificates", new { certificate }, cancellationToken);
        await context.Out.WriteLineAsync($"{certificate} is {name} now");
        return ExitCodes.Ok;
    }

    public static async Task<int> RemoveCertificateAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (name, certificate) = ReadCertificate(context.Invocation);
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        await client.DeleteAsync($"admin/v1/users/{Uri.EscapeDataString(name)}/certificates?certificate={Uri.EscapeDataString(certificate)}", cancellationToken);
        await context.Out.WriteLineAsync($"{certificate} is {name} no more");
        return ExitCodes.Ok;
    }

    // A file is told by being one: neither a fingerprint nor a subject is likely to be.
    private static (string Name, string Certificate) ReadCertificate(Invocation invocation)
    {
        var text = invocation.Arguments[1];
        if (!File.Exists(text))
        {
            return CertificateName.TryNormalize(text, out var name)
                ? (invocation.Arguments[0], name)
                : throw new UsageException($"'{text}' is neither a PEM file, nor a SHA-256 fingerprint, nor a subject such as 'CN=printer-7, O=Example'");
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(text));
            return (invocation.Arguments[0], CertificateName.OfFingerprint(Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256))));
        }
        catch (Exception trouble) when (trouble is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{text} holds no certificate in PEM form: {trouble.Message}");
        }
    }

    public static async Task<int> RotateTokenAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var result = await client.PostAsync("admin/v1/token/rotate", new { }, cancellationToken);
        await context.Out.WriteLineAsync($"the new admin token is in {result.Text("tokenFile")}");
        return ExitCodes.Ok;
    }

    private static async Task<string> ReadPasswordAsync(CommandContext context) =>
        await context.In.ReadLineAsync() is { Length: > 0 } password
            ? password
            : throw new UsageException("standard input holds no password");
}
