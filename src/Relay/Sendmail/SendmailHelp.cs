namespace Relay;

/// <summary>What the table of commands runs for <c>relay sendmail</c>; the program's start takes that command before the table is asked.</summary>
internal static class SendmailHelp
{
    public static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await context.Error.WriteLineAsync("relay: sendmail stands first: relay sendmail [-t] [-i] [-f ADDRESS] [-F NAME] [-bs] [-bp] [-N LIST] [-R full|hdrs] [ADDRESS …]");
        return ExitCodes.Usage;
    }
}
