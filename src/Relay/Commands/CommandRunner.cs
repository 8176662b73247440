using System.Reflection;

namespace Relay;

/// <summary>Runs one invocation of the executable and turns trouble the user can mend into a sentence and an exit code.</summary>
internal static class CommandRunner
{
    public static string Version { get; } =
        typeof(CommandRunner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <param name="terminalColumns">Width of the terminal that <paramref name="output"/> is; null where it is none.</param>
    public static async Task<int> RunAsync(string[] args, TextReader input, TextWriter output, TextWriter error, int? terminalColumns = null)
    {
        try
        {
            if (CommandHelp.IsAskedFor(args, CommandTable.All, out var words))
            {
                await output.WriteAsync(CommandHelp.Of(words, CommandTable.All));
                return ExitCodes.Ok;
            }

            if (args is ["--version"])
            {
                args = ["version"];
            }

            var invocation = CommandLine.Parse(args, CommandTable.All);
            if (invocation.Has("help"))
            {
                await output.WriteAsync(CommandHelp.Of([invocation.Command.Name], CommandTable.All));
                return ExitCodes.Ok;
            }

            return await invocation.Command.RunAsync(new CommandContext(invocation, input, output, error) { TerminalColumns = terminalColumns }, CancellationToken.None);
        }
        catch (UsageException usage)
        {
            await error.WriteLineAsync($"relay: {usage.Message}");
            return ExitCodes.Usage;
        }
        catch (OperatorException trouble)
        {
            await error.WriteLineAsync($"relay: {trouble.Message}");
            return trouble.ExitCode;
        }
    }
}

/// <summary>Something is wrong that the operator can mend; the message says what and how.</summary>
internal sealed class OperatorException(string message, int exitCode, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
