namespace Relay;

/// <summary>Splits the arguments of the executable into command, arguments and options, and refuses what the command does not know.</summary>
internal static class CommandLine
{
    /// <exception cref="UsageException">Unknown command or option, missing value or argument; the message is for the user.</exception>
    public static Invocation Parse(IReadOnlyList<string> args, IReadOnlyList<CommandSpec> commands)
    {
        var words = new Queue<string>(args);
        var command = FindCommand(words, commands);
        var arguments = new List<string>();
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        while (words.TryDequeue(out var word))
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                ReadOption(command, word, words, options);
            }
            else
            {
                arguments.Add(word);
            }
        }

        if (!options.ContainsKey("help"))
        {
            CheckArguments(command, arguments);
        }

        return new Invocation(command, arguments, options);
    }

    private static CommandSpec FindCommand(Queue<string> words, IReadOnlyList<CommandSpec> commands)
    {
        if (words.Count == 0 || words.Peek().StartsWith("--", StringComparison.Ordinal))
        {
            return commands.First(c => c.Name == "serve");
        }

        var first = words.Dequeue();
        if (commands.FirstOrDefault(c => c.Name == first) is { } single)
        {
            return single;
        }

        var group = commands.Where(c => c.Name.StartsWith(first + " ", StringComparison.Ordinal)).ToList();
        if (group.Count == 0)
        {
            throw new UsageException($"unknown command '{first}'; 'relay help' lists the commands");
        }

        var second = words.Count > 0 ? words.Dequeue() : null;
        return group.FirstOrDefault(c => c.Name == $"{first} {second}")
            ?? throw new UsageException($"'relay {first}' needs one of: {string.Join(", ", group.Select(c => c.Name[(first.Length + 1)..]))}");
    }

    private static void ReadOption(CommandSpec command, string word, Queue<string> words, Dictionary<string, string> options)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word[2..] : word[2..equals];
        var spec = command.Options.Concat(CommandSpec.CommonOptions).FirstOrDefault(o => o.Name == name)
            ?? throw new UsageException($"'relay {command.Name}' has no option --{name}; 'relay {command.Name} --help' lists them");
        if (spec.ValueName is null)
        {
            if (equals >= 0)
            {
                throw new UsageException($"--{name} takes no value");
            }

            options[name] = "";
        }
        else if (equals >= 0)
        {
            Set(options, spec, word[(equals + 1)..]);
        }
        else if (words.TryDequeue(out var value))
        {
            Set(options, spec, value);
        }
        else
        {
            throw new UsageException($"--{name} needs a value: --{name} {spec.ValueName}");
        }
    }

    private static void Set(Dictionary<string, string> options, OptionSpec spec, string value) =>
        options[spec.Name] = spec.Repeats && options.TryGetValue(spec.Name, out var before) ? before + "," + value : value;

    private static void CheckArguments(CommandSpec command, List<string> arguments)
    {
        var needed = command.Arguments.Count(a => !a.StartsWith('['));
        if (arguments.Count < needed)
        {
            throw new UsageException($"'relay {command.Name}' needs {command.Arguments[arguments.Count]}: {command.Usage}");
        }

        if (arguments.Count > command.Arguments.Count)
        {
            throw new UsageException($"'{arguments[command.Arguments.Count]}' is one argument too many: {command.Usage}");
        }
    }
}

/// <summary>What the user asked for.</summary>
internal sealed record Invocation(CommandSpec Command, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Options)
{
    public bool Has(string option) => Options.ContainsKey(option);

    public string? Option(string option) => Options.GetValueOrDefault(option);

    /// <summary>The values of an option that repeats, or holds a list separated by commas; empty without it.</summary>
    public string[] List(string option) =>
        Option(option)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}

/// <summary>The user asked for something the program does not have; the message tells what it has.</summary>
internal sealed class UsageException(string message) : Exception(message);
