namespace Relay;

/// <summary>Every command of the executable, in the order help shows them.</summary>
internal static class CommandTable
{
    private static readonly OptionSpec Json = new("json", null, "print the answer as JSON");

    public static readonly IReadOnlyList<CommandSpec> All =
    [
        new("serve", [], [new("sandbox", null, "keep all mail readable here instead of sending it")],
            "run the server", ServeCommand.RunAsync),
        new("check", [], [], "validate the configuration without starting", CheckCommand.RunAsync),
        new("send", [], SendCommand.Options, "submit a message to the running server", SendCommand.RunAsync),
        new("status", [], [Json], "what the server is doing now", StatusCommand.RunAsync),
        new("queue list", [], [.. QueueCommands.ListOptions, Json], "recipients in the queue", QueueCommands.ListAsync),
        new("queue show", ["ID"], [Json], "one message with its recipients, attempts and conversation", QueueCommands.ShowAsync),
        new("queue hold", ["[ID]"], QueueCommands.CriteriaOptions, "keep recipients from being sent", QueueCommands.HoldAsync),
        new("queue release", ["[ID]"], QueueCommands.CriteriaOptions, "let held recipients go", QueueCommands.ReleaseAsync),
        new("queue retry", ["[ID]"], QueueCommands.CriteriaOptions, "try waiting recipients now", QueueCommands.RetryAsync),
        new("queue cancel", ["[ID]"], QueueCommands.CriteriaOptions, "withdraw recipients for good", QueueCommands.CancelAsync),
        new("user add", ["NAME"], UserCommands.AddOptions, "create an SMTP login", UserCommands.AddAsync),
        new("user list", [], [Json], "SMTP logins", UserCommands.ListAsync),
        new("user remove", ["NAME"], [], "delete an SMTP login", UserCommands.RemoveAsync),
        new("user password", ["NAME"], [new("password-stdin", null, "read the new password from standard input")],
            "change an SMTP login's password", UserCommands.PasswordAsync),
        new("key create", [], UserCommands.KeyOptions, "create an API key (also an SMTP password for user 'apikey') and print it", UserCommands.CreateKeyAsync),
        new("key list", [], [Json], "API keys", UserCommands.ListKeysAsync),
        new("key revoke", ["NAME"], [], "revoke an API key", UserCommands.RevokeKeyAsync),
        new("dkim generate", ["DOMAIN"], [], "make signing keys for a domain and print the DNS records to publish", DkimCommands.GenerateAsync),
        new("dkim list", ["[DOMAIN]"], [Json], "signing keys and their DNS records", DkimCommands.ListAsync),
        new("dkim retire", ["DOMAIN", "SELECTOR"], [], "end signing with a key; keep its record published for a week", DkimCommands.RetireAsync),
        new("suppression add", ["ADDRESS"], [new("reason", "TEXT", "why, for the record")], "never send to an address", SuppressionCommands.AddAsync),
        new("suppression list", [], [Json], "addresses never sent to", SuppressionCommands.ListAsync),
        new("suppression remove", ["ADDRESS"], [], "send to an address again", SuppressionCommands.RemoveAsync),
        new("token rotate", [], [], "replace the first admin token and write the new one to the token file", UserCommands.RotateTokenAsync),
    ];
}
