using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>What of <see cref="DeliveryOptions"/> is exchanged as a whole while delivery runs.</summary>
internal sealed record DeliverySettings
{
    public RetrySchedule Retry { get; init; } = RetrySchedule.Default;

    public RetrySchedule? RetryBroadcast { get; init; }

    public int MaxConnections { get; init; } = 500;

    public ShapingOptions Shaping { get; init; } = new();

    public SiteOptions SiteDefaults { get; init; } = SiteOptions.Default;

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public SmtpClientTimeouts Timeouts { get; init; } = new();

    public bool UseChunking { get; init; } = true;

    public bool UseMtaSts { get; init; } = true;

    public bool UseDane { get; init; } = true;

    public UnknownOutcome OnUnknown { get; init; }

    public SuspensionOptions Suspension { get; init; } = new();
}
