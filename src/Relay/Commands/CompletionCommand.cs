namespace Relay;

/// <summary><c>relay completion bash|zsh|fish</c>: a script for the shell, made from the command table.</summary>
internal static class CompletionCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var script = context.Invocation.Arguments[0] switch
        {
            "bash" => Bash(),
            "zsh" => "#compdef relay\nautoload -U +X bashcompinit && bashcompinit\n" + Bash(),
            "fish" => Fish(),
            var other => throw new UsageException($"'{other}' is no shell that is known: bash, zsh or fish"),
        };
        await context.Out.WriteAsync(script);
        return ExitCodes.Ok;
    }

    /// <summary>First words of commands, each once.</summary>
    private static IEnumerable<string> FirstWords => CommandTable.All.Select(command => command.Name.Split(' ')[0]).Append("help").Append("version").Distinct();

    private static IEnumerable<OptionSpec> OptionsOf(CommandSpec command) => command.Options.Concat(CommandSpec.CommonOptions);

    /// <summary>Second words by first word; of the command for shells their names.</summary>
    private static IEnumerable<(string First, IReadOnlyList<string> Seconds)> SecondWords() => CommandTable.All
        .Where(command => command.Name.Contains(' ', StringComparison.Ordinal))
        .GroupBy(command => command.Name.Split(' ')[0], command => command.Name.Split(' ')[1])
        .Select(group => (group.Key, (IReadOnlyList<string>)[.. group]))
        .Append(("completion", Shells));

    private static string Bash()
    {
        var seconds = SecondWords().Select(group => $"    {group.First}) words=\"{string.Join(' ', group.Seconds)}\" ;;");
        var options = CommandTable.All.Select(command =>
            $"    \"{command.Name}\") options=\"{string.Join(' ', OptionsOf(command).Select(option => "--" + option.Name))}\" ;;");
        return $$"""
            _relay() {
              local current="${COMP_WORDS[COMP_CWORD]}" words="" options="" name="${COMP_WORDS[1]}"
              if [ "$COMP_CWORD" -eq 1 ]; then
                COMPREPLY=($(compgen -W "{{string.Join(' ', FirstWords)}}" -- "$current"))
                return
              fi
              case "$name" in
            {{string.Join('\n', seconds)}}
              esac
              if [ -n "$words" ]; then
                if [ "$COMP_CWORD" -eq 2 ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); return; fi
                name="$name ${COMP_WORDS[2]}"
              fi
              case "$name" in
            {{string.Join('\n', options)}}
              esac
              case "$current" in
                -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
                *) COMPREPLY=($(compgen -f -- "$current")) ;;
              esac
            }
            complete -F _relay relay

            """;
    }

    private static string Fish()
    {
        var firsts = FirstWords.Select(word => $"complete -c relay -f -n '__relay_at' -a {word} -d {Quoted(SummaryOf(word))}");
        var seconds = SecondWords().SelectMany(group =>
            group.Seconds.Select(word => $"complete -c relay -f -n '__relay_at {group.First}' -a {word} -d {Quoted(SummaryOf(group.First + " " + word))}"));
        var options = CommandTable.All.SelectMany(command => OptionsOf(command).Select(option =>
            $"complete -c relay -n '__relay_in {command.Name}' -l {option.Name}{(option.ValueName is null ? string.Empty : " -r")} -d {Quoted(option.Summary)}"));
        return $$"""
            function __relay_at
              set -l words (commandline -opc)
              test "$words[2..]" = "$argv"
            end
            function __relay_in
              set -l words (commandline -opc) ''
              test "$words[2..$(math 1 + (count $argv))]" = "$argv"
            end
            {{string.Join('\n', firsts.Concat(seconds).Concat(options))}}

            """;
    }

    /// <summary>Of a command, else of the commands that begin with the word.</summary>
    private static string SummaryOf(string name) =>
        CommandTable.All.FirstOrDefault(command => command.Name == name)?.Summary
        ?? string.Join(", ", CommandTable.All.Where(command => command.Name.StartsWith(name + " ", StringComparison.Ordinal)).Select(command => command.Name[(name.Length + 1)..]));

    private static string Quoted(string text) => "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
