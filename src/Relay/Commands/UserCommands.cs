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
        return await context.WriteListAsync(
            await client.GetAsync("admin/v1/users", cancellationToken),
            user => $"{user.Text("name"),-28} {user.Text("scopes"),-8} created {user.Time("createdAt")} last used {user.Time("lastUsedAt")}");
    }

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
