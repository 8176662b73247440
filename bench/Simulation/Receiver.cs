namespace Relay.Bench.Simulation;

/// <summary>How a receiver behaves: what it takes, what it says when it does not, and when it is away.</summary>
internal sealed record Receiver
{
    /// <summary>Suffix of its MX hosts: what the presets know it by.</summary>
    public required string Host { get; init; }

    /// <summary>Share of all recipients that live there.</summary>
    public required double Share { get; init; }

    /// <summary>Share of all domains hosted there.</summary>
    public double Domains { get; init; }

    /// <summary>Connections of one source at a time.</summary>
    public int Connections { get; init; } = 1000;

    public string TooManyConnections { get; init; } = "421 4.7.0 Too many connections from your address";

    /// <summary>Messages of one source in a minute.</summary>
    public int PerMinute { get; init; } = int.MaxValue;

    public string TooFast { get; init; } = "451 4.7.1 Rate limit exceeded, slow down";

    /// <summary>Messages on one connection; then it is closed without a word.</summary>
    public int PerConnection { get; init; } = int.MaxValue;

    /// <summary>A first attempt is put off, and one that comes back sooner than this too.</summary>
    public TimeSpan? Greylists { get; init; }

    public string Greylisted { get; init; } = "451 4.7.1 Greylisted, please come back in 5 minutes";

    /// <summary>Share of recipients that do not exist.</summary>
    public double Unknown { get; init; } = 0.01;

    /// <summary>Share of transactions that meet a passing fault.</summary>
    public double Hiccups { get; init; } = 0.002;

    /// <summary>Mean time of a transaction.</summary>
    public TimeSpan Transaction { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>While this lasts (from the beginning) nobody answers.</summary>
    public TimeSpan Away { get; init; }

    /// <summary>Connections end in a timeout after this while it is away; zero: they are refused at once.</summary>
    public TimeSpan Timeout { get; init; }
}
