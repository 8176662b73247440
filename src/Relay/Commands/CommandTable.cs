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
        new("route explain", ["ADDRESS"], [.. RouteCommands.ExplainOptions, Json], "how mail to an address would go, and why", RouteCommands.ExplainAsync),
        new("shaping show", [], [], "the built-in presets of large receivers, to read or to edit", ShapingCommands.ShowAsync),
        new("shaping decisions", [], [.. ShapingCommands.DecisionsOptions, Json], "what was lowered or suspended, why and until when", ShapingCommands.DecisionsAsync),
        new("shaping end", ["ID"], [], "end a decision before its time", ShapingCommands.EndAsync),
        new("user add", ["NAME"], UserCommands.AddOptions, "create an SMTP login", UserCommands.AddAsync),
        new("user limit", ["NAME"], LimitOptions.Emails, "set how many messages a login may send; what is not given is as configured", UserCommands.LimitAsync),
        new("user list", [], [Json], "SMTP logins", UserCommands.ListAsync),
        new("user remove", ["NAME"], [], "delete an SMTP login", UserCommands.RemoveAsync),
        new("user password", ["NAME"], [new("password-stdin", null, "read the new password from standard input")],
            "change an SMTP login's password", UserCommands.PasswordAsync),
        new("key create", [], KeyCommands.CreateOptions, "create an API key (also an SMTP password for user 'apikey') and print it", KeyCommands.CreateAsync),
        new("key list", [], [KeyCommands.Account, Json], "API keys", KeyCommands.ListAsync),
        new("key limit", ["NAME"], [KeyCommands.Account, .. LimitOptions.All], "set what an API key may do; what is not given is as configured", KeyCommands.LimitAsync),
        new("key revoke", ["NAME"], [KeyCommands.Account], "revoke an API key", KeyCommands.RevokeAsync),
        new("account add", ["NAME"], [], "create an account, with keys and domains of its own", AccountCommands.AddAsync),
        new("account list", [], [Json], "accounts", AccountCommands.ListAsync),
        new("account rename", ["NAME", "NEW"], [], "rename an account", AccountCommands.RenameAsync),
        new("account suspend", ["NAME"], [], "refuse an account's keys and logins", AccountCommands.SuspendAsync),
        new("account resume", ["NAME"], [], "end a suspension", AccountCommands.ResumeAsync),
        new("account limit", ["NAME"], LimitOptions.All, "set what an account may do through the API; what is not given is as configured", AccountCommands.LimitAsync),
        new("domain add", ["DOMAIN"], DomainCommands.AddOptions, "create a sending domain and print the DNS records to publish", DomainCommands.AddAsync),
        new("domain list", [], [KeyCommands.Account, Json], "sending domains", DomainCommands.ListAsync),
        new("domain verify", ["DOMAIN"], [KeyCommands.Account], "check a domain's DNS records now", DomainCommands.VerifyAsync),
        new("domain limit", ["DOMAIN"], [KeyCommands.Account, .. LimitOptions.Emails], "set how many e-mails may go from a domain through the API", DomainCommands.LimitAsync),
        new("domain remove", ["DOMAIN"], [KeyCommands.Account], "delete a sending domain; its keys retire", DomainCommands.RemoveAsync),
        new("dkim generate", ["DOMAIN"], [], "make signing keys for a domain and print the DNS records to publish", DkimCommands.GenerateAsync),
        new("dkim list", ["[DOMAIN]"], [Json], "signing keys and their DNS records", DkimCommands.ListAsync),
        new("dkim retire", ["DOMAIN", "SELECTOR"], [], "end signing with a key; keep its record published for a week", DkimCommands.RetireAsync),
        new("suppression add", ["ADDRESS"], [new("reason", "TEXT", "why, for the record")], "never send to an address", SuppressionCommands.AddAsync),
        new("suppression list", [], [Json], "addresses never sent to", SuppressionCommands.ListAsync),
        new("suppression remove", ["ADDRESS"], [], "send to an address again", SuppressionCommands.RemoveAsync),
        new("privacy erase", ["ADDRESS"], [PrivacyCommands.Account], "erase an address, in the background; prints the job's id", PrivacyCommands.EraseAsync),
        new("privacy export", ["ADDRESS"], [PrivacyCommands.Account], "gather what is known of an address, in the background; prints the job's id", PrivacyCommands.ExportAsync),
        new("privacy show", ["JOB"], [], "print the receipt or the export, or how far it is", PrivacyCommands.ShowAsync),
        new("token rotate", [], [], "replace the first admin token and write the new one to the token file", UserCommands.RotateTokenAsync),
    ];
}
