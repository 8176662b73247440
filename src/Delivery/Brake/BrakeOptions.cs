namespace Relay.Delivery;

public enum BrakeMode
{
    Off,

    /// <summary>Mail of the braked is taken and held.</summary>
    Hold,

    /// <summary>It is refused for now; what is queued is held.</summary>
    Reject,
}

/// <summary>When an account, a stream or a credential is braked.</summary>
public sealed record BrakeOptions
{
    public BrakeMode Mode { get; init; } = BrakeMode.Hold;

    /// <summary>Fewer outcomes in a day say nothing about shares.</summary>
    public int MinOutcomes { get; init; } = 100;

    /// <summary>Share of a day's outcomes that are addresses which do not exist, 0–1.</summary>
    public double MaxBounced { get; init; } = 0.1;

    public int MinComplaints { get; init; } = 5;

    public int MaxComplaintsPerThousand { get; init; } = 3;

    /// <summary>Addresses that do not exist, one behind the other with nothing delivered between.</summary>
    public int UnknownStreak { get; init; } = 50;

    public int MinVolume { get; init; } = 1000;

    /// <summary>Times the busiest hour of the last week.</summary>
    public int VolumeFactor { get; init; } = 10;

    /// <summary>Networks from which a login never sent before, in an hour.</summary>
    public int NewNetworks { get; init; } = 5;
}
