namespace Relay;

/// <summary>Decides whether the executable was started as <c>relay</c> or as <c>sendmail</c>.</summary>
internal static class ProgramStart
{
    public static async Task<int> RunAsync(string[] args)
    {
        var rest = SendmailCommand.ArgumentsOf(ProgramName(), args) ?? (args is ["sendmail", ..] ? args[1..] : null);
        if (rest is null)
        {
            return await CommandRunner.RunAsync(args, Console.In, Console.Out, Console.Error, TerminalColumns());
        }

        try
        {
            await using var input = Console.OpenStandardInput();
            await using var output = Console.OpenStandardOutput();
            return await SendmailCommand.RunAsync(rest, input, output, Console.Error);
        }
        catch (UsageException usage)
        {
            await Console.Error.WriteLineAsync(usage.Message);
            return ExitCodes.Usage;
        }
    }

    private static int? TerminalColumns()
    {
        try
        {
            return !Console.IsOutputRedirected && Console.WindowWidth > 0 ? Console.WindowWidth : null;
        }
        catch (Exception trouble) when (trouble is IOException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    // The runtime tells the name of the program behind a link; only the kernel still knows the link's.
    private static string ProgramName()
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllText("/proc/self/cmdline").Split('\0')[0] : Environment.GetCommandLineArgs()[0];
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
