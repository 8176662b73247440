using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Platform.Contacts;

namespace Relay.Platform.Webhooks;

/// <summary>Carries notices from where they were written with their change to the queues of webhooks, in order, at least once.</summary>
/// <remarks>While a store is unwell they wait and are tried again; after a crash between queueing and forgetting one is queued twice, with the same id.</remarks>
internal sealed class NoticePump(INoticeStore notices, IWebhookPublisher publisher, TimeProvider time, ILogger<NoticePump> log) : BackgroundService
{
    private const int Page = 100;

    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    private readonly NoticeSignal _signal = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        notices.Added += _signal.Wake;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await _signal.WaitAsync(await TryPumpAsync(stoppingToken) ? Idle : AfterTrouble, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; what is left waits for its next start.
        }
        finally
        {
            notices.Added -= _signal.Wake;
        }
    }

    /// <summary>Queues everything that waits.</summary>
    internal async ValueTask PumpAsync(CancellationToken cancellationToken)
    {
        while (await notices.ReadAsync(Page, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var stored in page)
            {
                await publisher.PublishAsync(stored.Notice, cancellationToken);
                await notices.RemoveAsync(stored.Id, cancellationToken);
            }
        }
    }

    private async ValueTask<bool> TryPumpAsync(CancellationToken stoppingToken)
    {
        try
        {
            await PumpAsync(stoppingToken);
            return true;
        }
#pragma warning disable CA1031 // a background loop: it logs and tries again
        catch (Exception trouble) when (trouble is not OperationCanceledException)
#pragma warning restore CA1031
        {
            PlatformLog.NoticesWait(log, trouble);
            return false;
        }
    }

    private sealed class NoticeSignal : WakeSignal;
}
