using System.Diagnostics.CodeAnalysis;

namespace Relay;

/// <summary>What the executable, a group of commands such as <c>queue</c>, or one command takes.</summary>
internal static class CommandHelp
{
    /// <summary>Help that needs no whole command: <c>help</c>, <c>help queue list</c>, <c>queue --help</c>.</summary>
    public static bool IsAskedFor(string[] args, IReadOnlyList<CommandSpec> commands, [NotNullWhen(true)] out IReadOnlyList<string>? words)
    {
        words = args switch
        {
            ["--help"] or ["-h"] => [],
            ["help", .. var named] => [.. named],
            [var group, .. var rest] when IsGroup(group, commands) && IsHelpOfGroup(rest) => [group],
            _ => null,
        };
        return words is not null;
    }

    // With other options around it, but no word of a command before them.
    private static bool IsHelpOfGroup(string[] rest) => rest is [['-', ..], ..] && rest.Any(word => word is "--help" or "-h");

    /// <param name="words">Of a command or group; none: all commands.</param>
    /// <exception cref="UsageException">There is no such command.</exception>
    public static string Of(IReadOnlyList<string> words, IReadOnlyList<CommandSpec> commands)
    {
        var name = string.Join(' ', words);
        return words.Count == 0 ? Everything(commands)
            : commands.FirstOrDefault(command => command.Name == name) is { } command ? One(command)
            : IsGroup(name, commands) ? Group(name, commands)
            : throw new UsageException($"unknown command '{name}'; 'relay help' lists the commands");
    }

    private static bool IsGroup(string name, IReadOnlyList<CommandSpec> commands) =>
        commands.Any(command => command.Name.StartsWith(name + " ", StringComparison.Ordinal));

    private static string Everything(IReadOnlyList<CommandSpec> commands) =>
        Text($"relay {CommandRunner.Version}: SMTP relay and delivery agent", "", "Commands (without one: serve):")
        + Lines(commands) + Text("", "'relay COMMAND --help' tells what a command takes.");

    private static string Group(string name, IReadOnlyList<CommandSpec> commands) =>
        Lines(commands.Where(command => command.Name == name || command.Name.StartsWith(name + " ", StringComparison.Ordinal)))
        + Text("", $"'relay {name} COMMAND --help' tells what a command takes.");

    private static string Lines(IEnumerable<CommandSpec> commands) =>
        string.Concat(commands.Select(command => $"  {string.Join(' ', [command.Name, .. command.Arguments]),-32} {command.Summary}{Environment.NewLine}"));

    private static string One(CommandSpec command) =>
        Text([command.Usage, "", command.Summary, "", "Options:", .. command.Options.Concat(CommandSpec.CommonOptions).Select(Line)]);

    private static string Line(OptionSpec option) => $"  {(option.ValueName is null ? $"--{option.Name}" : $"--{option.Name} {option.ValueName}"),-28} {option.Summary}";

    private static string Text(params IEnumerable<string> lines) => string.Concat(lines.Select(line => line + Environment.NewLine));
}
