using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The completion scripts in the shells they are for.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerFact("bash")]
    public async Task Bash_completes_words_options_and_files()
    {
        await WriteScriptAsync("bash");
        await File.WriteAllTextAsync(_folder.File("backup.toml"), "");

        Assert.Equal("queue", await BashAsync("relay", "que"));
        Assert.Equal("rebind release retry", await BashAsync("relay", "queue", "re"));
        Assert.Equal("--by", await BashAsync("relay", "queue", "ages", "--b"));
        Assert.Equal("--json", await BashAsync("relay", "status", "--js"));
        Assert.Equal("bash fish zsh", await BashAsync("relay", "completion", ""));
        Assert.Equal("version", await BashAsync("relay", "vers"));
        Assert.Equal("backup.toml", await BashAsync("relay", "config", "diff", "backup."));
        Assert.Equal("", await BashAsync("relay", "nonsense", "--"));
    }

    [PeerFact("zsh")]
    public async Task Zsh_completes_what_is_typed()
    {
        await WriteScriptAsync("zsh");

        Assert.Contains("=relay queue=", await ZshAsync("relay queu"), StringComparison.Ordinal);
        Assert.Contains("=relay queue ages=", await ZshAsync("relay queue ag"), StringComparison.Ordinal);
        Assert.Contains("=relay queue ages --by=", await ZshAsync("relay queue ages --b"), StringComparison.Ordinal);
    }

    [PeerFact("fish")]
    public async Task Fish_completes_words_and_options_with_what_they_do()
    {
        await WriteScriptAsync("fish");

        Assert.Equal("queue", Words(await FishAsync("relay que")));
        Assert.Equal("rebind release retry", Words(await FishAsync("relay queue re")));
        Assert.Equal("--by", Words(await FishAsync("relay queue ages --b")));
        Assert.Equal("bash fish zsh", Words(await FishAsync("relay completion ")));
        Assert.Equal("retry\ttry waiting recipients now", await FishAsync("relay queue ret"));
    }

    private async Task WriteScriptAsync(string shell)
    {
        var (exitCode, script) = await RunAsync(RelayProcess.Executable, "completion", shell);
        Assert.True(exitCode == 0, script);
        await File.WriteAllTextAsync(_folder.File("script"), script);
    }

    /// <summary>Asks as bash itself does when the tabulator is pressed behind the last word.</summary>
    private async Task<string> BashAsync(params IReadOnlyList<string> words)
    {
        const string Ask = "source ./script; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _relay; complete -p relay >/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\" | sort | xargs";
        return await ShellAsync("bash", ["--norc", "--noprofile", "-c", Ask, "bash", .. words]);
    }

    /// <summary>Types into a zsh at a terminal, presses the tabulator, and has it show the line.</summary>
    private async Task<string> ZshAsync(string typed)
    {
        var ask = $$"""
            zmodload zsh/zpty
            zpty shell zsh -f -i
            zpty -w shell 'autoload -Uz compinit; compinit -D -u; source ./script; show() { zle -I; print -r -- "=${BUFFER% }="; BUFFER=; }; zle -N show; bindkey "^O" show; unsetopt automenu; print ready'
            zpty -r -m shell line $'*\nready*'
            zpty -n -w shell $'{{typed}}\t\C-O'
            zpty -r -m shell line '*=relay*=*'
            print -r -- $line
            zpty -d shell
            """;
        await File.WriteAllTextAsync(_folder.File("ask"), ask);
        return await ShellAsync("zsh", ["-f", "ask"]);
    }

    private Task<string> FishAsync(string typed) => ShellAsync("fish", ["--no-config", "-c", "source ./script; complete -C $argv[1]", "--", typed]);

    private async Task<string> ShellAsync(string shell, IReadOnlyList<string> arguments)
    {
        var (exitCode, output) = await RunAsync(PeerFactAttribute.FindExecutable(shell)!, [.. arguments]);
        return exitCode == 0 ? output.Trim('\n') : throw new InvalidOperationException(output);
    }

    private Task<(int ExitCode, string Output)> RunAsync(string program, params IReadOnlyList<string> arguments) =>
        RunningProgram.RunAsync(program, arguments, _folder.Path, new Dictionary<string, string> { ["HOME"] = _folder.Path, ["TERM"] = "dumb" });

    private static string Words(string answer) => string.Join(' ', answer.Split('\n').Select(line => line.Split('\t')[0]).Order(StringComparer.Ordinal));
}
