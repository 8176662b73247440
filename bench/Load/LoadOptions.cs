using System.Globalization;

namespace Relay.Bench.Load;

internal enum Scenario
{
    EndToEnd,
    Deferred,
    Accept,
    Reception,
    Campaign,
    Backlog,
    LargeQueue,
    Webhooks,
}

/// <summary>The command line; every number has an upper bound, so that no run is endless.</summary>
internal sealed record LoadOptions
{
    public const string Usage = """
        Load SCENARIO [options]        (needs root: it runs in a network and mount namespace of its own)

        endtoend   messages through the server, from 250 at its door to the final dot at the destination
        deferred   the same while one destination defers a large backlog, compared with an empty queue
        backlog    latency of healthy destinations, one relay with a backlog deferred at one site and one without, in alternated pairs
        large-queue  a start with very many recipients queued: first delivery, memory, rate
        webhooks   1,000 events a second for a hundred endpoints, all answering and with one that hangs, in alternated pairs
        accept     messages accepted durably per second by SMTP, by POST /emails and in batches, at 1, 20 and 100 connections
        reception  messages accepted per second at 1, 20 and 200 connections, clear and TLS: the relay and Postfix durably; the relay's engine, the
                   package SmtpServer, smtp-sink and Haraka discarding
        campaign   a campaign to --count contacts, expanded and queued, beside SMTP acceptance in the same run

        --relay FILE        the relay's executable (default: the Release build of src/Relay)
        --peer postfix      measure Postfix with opendkim in alternation with the relay
        --haraka FILE       reception: measure Haraka, too, whose bin/haraka this is
        --against FILE      reception: only the relay and another build of it, this one, in alternation and in the clear
        --engine FILE       reception: bench/Micro, whose door is the engine alone (default: its Release build)
        --ed25519           measure the relay with a second, Ed25519 signature too
        --size BYTES        of a message, 512 to 1048576 (default 4096)
        --connections N     of the source, 1 to 500 (default 20)
        --count N           messages at most per run, to 1000000 (default 20000)
        --seconds N         of load at most per run, to 600 (default 12)
        --warmup N          messages before the clock starts, to 100000 (default 4000)
        --warmup-seconds N  of warm-up at most, to 600 (default 8)
        --journal-off       measure the relay without its hand-off journal too
        --hold              reception: what the durable servers accept waits in their queues, so that reception alone is measured
        --gates-off         measure the relay without the rules of large receivers and the abuse brake too
        --runs N            of each server, alternated, 1 to 20 (default 3; backlog: 7)
        --backlog N         recipients deferred at one site, to 1000000 (default 100000; large-queue: 1000000 queued)
        --scratch DIR       for queues and logs, on a real disk (default: the system's temporary folder)
        --keep              leave queues and logs there
        """;

    public required Scenario Scenario { get; init; }

    public string RelayExecutable { get; private set; } = FindBuilt("src", "Relay", "relay");

    public bool WithPostfix { get; private set; }

    /// <summary>Null: it is not measured.</summary>
    public string? Haraka { get; private set; }

    public string? Against { get; private set; }

    public string EngineExecutable { get; private set; } = FindBuilt("bench", "Micro", "Relay.Bench.Micro");

    public bool WithEd25519 { get; private set; }

    public bool WithoutJournal { get; private set; }

    public bool Holds { get; private set; }

    public bool WithoutGates { get; private set; }

    public int SizeBytes { get; private set; } = 4096;

    public int Connections { get; private set; } = 20;

    public int Count { get; private set; } = 20_000;

    public int Seconds { get; private set; } = 12;

    public int Warmup { get; private set; } = 4_000;

    public int WarmupSeconds { get; private set; } = 8;

    public int Runs { get; private set; } = 3;

    public int Backlog { get; private set; } = 100_000;

    public string Scratch { get; private set; } = Path.GetTempPath();

    public bool Keep { get; private set; }

    /// <summary>Already in the private network.</summary>
    public bool IsInside { get; private set; }

    /// <exception cref="FormatException">Unknown or malformed.</exception>
    public static LoadOptions Parse(string[] arguments)
    {
        var options = new LoadOptions
        {
            Scenario = arguments[0] switch
            {
                "endtoend" => Scenario.EndToEnd,
                "deferred" => Scenario.Deferred,
                "reception" => Scenario.Reception,
                "accept" => Scenario.Accept,
                "campaign" => Scenario.Campaign,
                "backlog" => Scenario.Backlog,
                "large-queue" => Scenario.LargeQueue,
                "webhooks" => Scenario.Webhooks,
                var other => throw new FormatException($"unknown scenario {other}"),
            },
        };
        options.Runs = options.Scenario == Scenario.Backlog ? 7 : options.Runs;
        options.Backlog = options.Scenario == Scenario.LargeQueue ? 1_000_000 : options.Backlog;
        for (var i = 1; i < arguments.Length; i++)
        {
            options.Take(arguments[i], () => ++i < arguments.Length ? arguments[i] : throw new FormatException($"{arguments[i - 1]} needs a value"));
        }

        return options;
    }

    private void Take(string option, Func<string> value)
    {
        switch (option)
        {
            case "--relay": RelayExecutable = Path.GetFullPath(value()); break;
            case "--peer": WithPostfix = value() == "postfix" ? true : throw new FormatException("the only peer is postfix"); break;
            case "--haraka": Haraka = Path.GetFullPath(value()); break;
            case "--against": Against = Path.GetFullPath(value()); break;
            case "--engine": EngineExecutable = Path.GetFullPath(value()); break;
            case "--ed25519": WithEd25519 = true; break;
            case "--journal-off": WithoutJournal = true; break;
            case "--hold": Holds = true; break;
            case "--gates-off": WithoutGates = true; break;
            case "--size": SizeBytes = Number(option, value(), 512, 1 << 20); break;
            case "--connections": Connections = Number(option, value(), 1, 500); break;
            case "--count": Count = Number(option, value(), 1, 1_000_000); break;
            case "--seconds": Seconds = Number(option, value(), 1, 600); break;
            case "--warmup": Warmup = Number(option, value(), 0, 100_000); break;
            case "--warmup-seconds": WarmupSeconds = Number(option, value(), 1, 600); break;
            case "--runs": Runs = Number(option, value(), 1, 20); break;
            case "--backlog": Backlog = Number(option, value(), 1, 1_000_000); break;
            case "--scratch": Scratch = Path.GetFullPath(value()); break;
            case "--keep": Keep = true; break;
            case PrivateNetwork.InsideOption: IsInside = true; break;
            default: throw new FormatException($"unknown option {option}");
        }
    }

    private static int Number(string option, string text, int min, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new FormatException($"{option} must be a number from {min} to {max}");

    /// <summary>…/bench/Load/bin/CONFIGURATION/net10.0 → the Release build of another project.</summary>
    private static string FindBuilt(string folder, string project, string name) =>
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", folder, project, "bin", "Release", "net10.0", name));
}
