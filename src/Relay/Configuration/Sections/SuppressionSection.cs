namespace Relay;

/// <summary><c>[suppression]</c>: which addresses come onto the suppression list by themselves.</summary>
internal sealed class SuppressionSection
{
    /// <summary>Hard bounces of an address within the window that suppress it; 0: none do. Default 1: an address that does not exist seldom comes back, and receivers count who tries.</summary>
    [Setting(Min = "0", Max = "100")]
    public int HardBounces { get; init; } = 1;

    /// <summary>Time within which they must come. Default 30d.</summary>
    [Setting(Min = "1h", Max = "365d")]
    public TimeSpan HardBounceWindow { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long such an address is spared. Default 0: until somebody removes it.</summary>
    [Setting(Min = "0", Max = "3650d")]
    public TimeSpan HardBounceExpiry { get; init; } = TimeSpan.Zero;

    /// <summary>Whoever calls a mail spam gets no more from the account. Default true: receivers expect it.</summary>
    [Setting]
    public bool Complaints { get; init; } = true;

    /// <summary>Whoever unsubscribes gets no more of the list or stream. Default true.</summary>
    [Setting]
    public bool Unsubscriptions { get; init; } = true;
}
