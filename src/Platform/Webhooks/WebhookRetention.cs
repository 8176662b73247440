using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>Lets go of old deliveries, and of everything of webhooks that are gone.</summary>
internal sealed class WebhookRetention : BackgroundService
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(15);

    private readonly WebhookRegistry _webhooks;
    private readonly IWebhookDeliveryStore _deliveries;
    private readonly WebhookBacklog _backlog;
    private readonly PlatformOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<WebhookRetention> _log;

    public WebhookRetention(
        WebhookRegistry webhooks,
        IWebhookDeliveryStore deliveries,
        WebhookBacklog backlog,
        PlatformOptions options,
        TimeProvider time,
        ILogger<WebhookRetention> log)
    {
        _webhooks = webhooks;
        _deliveries = deliveries;
        _backlog = backlog;
        _options = options;
        _time = time;
        _log = log;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Interval, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await BackgroundLoop.RunAsync(RoundAsync, Failed, _time, stoppingToken);
    }

    private async ValueTask<TimeSpan> RoundAsync(CancellationToken stoppingToken)
    {
        await SweepAsync(stoppingToken);
        return Interval;
    }

    private TimeSpan Failed(Exception trouble)
    {
        PlatformLog.WebhookRetentionFailed(_log, trouble);
        return Interval;
    }

    internal async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        await _webhooks.LoadAsync(cancellationToken);
        var statuses = _webhooks.All().ToDictionary(webhook => webhook.Id, webhook => webhook.Status);
        await _deliveries.ApplyRetentionAsync(_time.GetUtcNow() - _options.WebhookLog, statuses, cancellationToken);
        _backlog.Set(await _deliveries.PendingAsync(cancellationToken));
    }
}
