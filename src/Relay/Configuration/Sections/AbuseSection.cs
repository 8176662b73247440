using Relay.Delivery;

namespace Relay;

/// <summary><c>[abuse]</c>: when mail of an account, one of its streams or one of its credentials is kept back until an operator looks (docs/compliance.md).</summary>
internal sealed class AbuseSection
{
    /// <summary>What becomes of mail of the braked: held, or refused for now with 450 (what is queued is held). Default hold: nothing is lost if it was a mistake.</summary>
    [Setting]
    public BrakeMode Mode { get; init; } = BrakeMode.Hold;

    /// <summary>Fewer outcomes in a day say nothing about shares. Default 100.</summary>
    [Setting(Min = "10", Max = "1000000")]
    public int MinOutcomes { get; init; } = 100;

    /// <summary>Share of a day's outcomes that are addresses which do not exist. Default 10%: kept lists stay below 2%, a bought one is far above.</summary>
    [Setting(Min = "1%", Max = "100%")]
    public Percent MaxBounced { get; init; } = new(10);

    /// <summary>Complaints in a day below which none counts. Default 5: one person pressing a button is no rate.</summary>
    [Setting(Min = "1", Max = "100000")]
    public int MinComplaints { get; init; } = 5;

    /// <summary>Complaints by a thousand delivered in a day. Default 3: large receivers publish 0.3% as what they never bear.</summary>
    [Setting(Min = "1", Max = "1000")]
    public int MaxComplaintsPerThousand { get; init; } = 3;

    /// <summary>Addresses that do not exist, in a row with nothing delivered between. Default 50: guessed names come so, lists do not.</summary>
    [Setting(Min = "5", Max = "100000")]
    public int UnknownStreak { get; init; } = 50;

    /// <summary>Messages in an hour below which no growth is sudden. Default 1000.</summary>
    [Setting(Min = "10", Max = "100000000")]
    public int MinVolume { get; init; } = 1000;

    /// <summary>Times the busiest hour of the last week. Default 10; who is new for a day has no history and is not judged by it.</summary>
    [Setting(Min = "2", Max = "10000")]
    public int VolumeFactor { get; init; } = 10;

    /// <summary>Networks (/24, /48) within an hour from which a login never sent before. Default 5: people move between two or three, a stolen password is used from many.</summary>
    [Setting(Min = "2", Max = "60")]
    public int NewNetworks { get; init; } = 5;
}
