namespace Relay;

/// <summary><c>[service]</c>: the process.</summary>
internal sealed class ServiceSection
{
    /// <summary>Time for transactions in flight when asked to stop. Default 25s: containers are killed after 30.</summary>
    [Setting(Min = "0", Max = "10m")]
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(25);
}
