using System.Globalization;

namespace Relay.Bench.Simulation;

/// <summary>How large the world is, and which one of many.</summary>
internal sealed record SimulationOptions
{
    public const string Usage = """
        Relay.Bench.Simulation [--recipients N] [--domains N] [--sources N] [--seed N] [--hours N]
          --recipients  messages, one recipient each (1,000,000)
          --domains     recipient domains (5,000)
          --sources     egress sources, in one pool (4)
          --seed        which of many worlds (1)
          --hours       virtual time after which it is stopped (130)
        """;

    public int Recipients { get; init; } = 1_000_000;

    public int Domains { get; init; } = 5_000;

    public int Sources { get; init; } = 4;

    public int Seed { get; init; } = 1;

    public int Hours { get; init; } = 130;

    /// <summary>Messages accepted in a second, until all are.</summary>
    public int AcceptedPerSecond { get; init; } = 5_000;

    /// <exception cref="FormatException">An option is not known or its value no number.</exception>
    public static SimulationOptions Parse(IReadOnlyList<string> args)
    {
        var options = new SimulationOptions();
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count && int.TryParse(args[i + 1], NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw new FormatException($"{args[i]} needs a number");
            options = args[i] switch
            {
                "--recipients" => options with { Recipients = value },
                "--domains" => options with { Domains = value },
                "--sources" => options with { Sources = value },
                "--seed" => options with { Seed = value },
                "--hours" => options with { Hours = value },
                _ => throw new FormatException($"{args[i]} is not known"),
            };
        }

        return options;
    }
}
