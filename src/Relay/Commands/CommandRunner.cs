using System.Reflection;

namespace Relay;

/// <summary>Runs one invocation of the executable and turns trouble the user can mend into a sentence and an exit code.</summary>
internal static class CommandRunner
{
    public static string Version { get; } =
        typeof(CommandRunner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public static async Task<int> RunAsync(string[] args, TextReader input, TextWriter output, TextWriter error)
    {
        try
        {
            if (args is ["help"] or ["--help"] or ["-h"])
            {
                await WriteHelpAsync(output);
                return ExitCodes.Ok;
            }

            if (args is ["version"] or ["--version"] or ["version", "--config", _])
            {
                await output.WriteLineAsync($"relay {Version}");
                return ExitCodes.Ok;
            }

            var invocation = CommandLine.Parse(args, CommandTable.All);
            if (invocation.Has("help"))
            {
                await WriteHelpAsync(output, invocation.Command);
                return ExitCodes.Ok;
            }

            return await invocation.Command.RunAsync(new CommandContext(invocation, input, output, error), CancellationToken.None);
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

    private static async Task WriteHelpAsync(TextWriter output)
    {
        await output.WriteLineAsync($"relay {Version}: SMTP relay and delivery agent\n\nCommands (without one: serve):");
        foreach (var command in CommandTable.All)
        {
            var words = string.Join(' ', [command.Name, .. command.Arguments]);
            await output.WriteLineAsync($"  {words,-32} {command.Summary}");
        }

        await output.WriteLineAsync("\n'relay COMMAND --help' tells what a command takes.");
    }

    private static async Task WriteHelpAsync(TextWriter output, CommandSpec command)
    {
        await output.WriteLineAsync($"{command.Usage}\n\n{command.Summary}\n\nOptions:");
        foreach (var option in command.Options.Concat(CommandSpec.CommonOptions))
        {
            var words = option.ValueName is null ? $"--{option.Name}" : $"--{option.Name} {option.ValueName}";
            await output.WriteLineAsync($"  {words,-28} {option.Summary}");
        }
    }
}

/// <summary>Something is wrong that the operator can mend; the message says what and how.</summary>
internal sealed class OperatorException(string message, int exitCode, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
