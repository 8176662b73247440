namespace Relay;

/// <summary><c>[service]</c>: the process.</summary>
internal sealed class ServiceSection
{
    /// <summary>Time for transactions in flight when asked to stop. Default 25s: containers are killed after 30.</summary>
    [Setting(Min = "0", Max = "10m")]
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>The configuration file is read again by itself once it has been changed and then been left alone for two seconds; a file with faults changes nothing and raises an alert. Default no: a reload is an act of somebody, who reads what it answers.</summary>
    public bool WatchConfig { get; init; }
}
