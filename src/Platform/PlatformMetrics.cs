using System.Diagnostics.Metrics;
using Relay.Platform.Webhooks;

namespace Relay.Platform;

/// <summary>The numbers of the platform; documented in docs/metrics.md. Labels are bounded sets, never addresses or domains.</summary>
internal sealed class PlatformMetrics
{
    public const string MeterName = "Relay.Platform";

    private readonly Counter<long> _webhookDeliveries;
    private readonly Histogram<double> _webhookDuration;

    public PlatformMetrics(IMeterFactory meters, WebhookBacklog backlog)
    {
        var meter = meters.Create(MeterName);
        _webhookDeliveries = meter.CreateCounter<long>("relay.webhook.deliveries", "{delivery}", "Tries of webhook deliveries, by outcome.");
        _webhookDuration = meter.CreateHistogram<double>("relay.webhook.duration", "s", "From the call of a webhook to its answer.");
        meter.CreateObservableGauge("relay.webhook.pending", () => backlog.Total, "{delivery}", "Webhook deliveries waiting for a try.");
    }

    public void WebhookCalled(TimeSpan duration) => _webhookDuration.Record(duration.TotalSeconds);

    /// <param name="outcome">succeeded, retried or given-up.</param>
    public void WebhookTried(string outcome) => _webhookDeliveries.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Not even noted: too much is waiting for that webhook.</summary>
    public void WebhookDropped() => WebhookTried("dropped");
}
