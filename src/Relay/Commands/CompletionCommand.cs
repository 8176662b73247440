namespace Relay;

/// <summary><c>relay completion bash|zsh</c>: a script for the shell, made from the command table.</summary>
internal static class CompletionCommand
{
    public static async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var script = context.Invocation.Arguments[0] switch
        {
            "bash" => Bash(),
            "zsh" => "#compdef relay\nautoload -U +X bashcompinit && bashcompinit\n" + Bash(),
            var other => throw new UsageException($"'{other}' is no shell that is known: bash or zsh"),
        };
        await context.Out.WriteAsync(script);
        return ExitCodes.Ok;
    }

    private static string Bash()
    {
        var groups = CommandTable.All.GroupBy(command => command.Name.Split(' ')[0]).ToList();
        var cases = groups.Where(group => group.Any(command => command.Name.Contains(' ', StringComparison.Ordinal)))
            .Select(group => $"    {group.Key}) words=\"{string.Join(' ', group.Select(command => command.Name.Split(' ')[^1]))}\" ;;");
        var options = CommandTable.All.Select(command =>
            $"    \"{command.Name}\") options=\"{string.Join(' ', command.Options.Concat(CommandSpec.CommonOptions).Select(option => "--" + option.Name))}\" ;;");
        return $$"""
            _relay() {
              local current="${COMP_WORDS[COMP_CWORD]}" words="" options="" name="${COMP_WORDS[1]}"
              if [ "$COMP_CWORD" -eq 1 ]; then
                COMPREPLY=($(compgen -W "{{string.Join(' ', groups.Select(group => group.Key))}} help version" -- "$current"))
                return
              fi
              case "$name" in
            {{string.Join('\n', cases)}}
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
}
