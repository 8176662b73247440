using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay.Platform.Contacts;

/// <summary>Removes what deleted books leave behind, and old notes of imports, in small pieces.</summary>
internal sealed class ContactUpkeep(IContactStore store, ContactUpkeepSignal signal, TimeProvider time, ILogger<ContactUpkeep> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly TimeSpan ImportsKeptFor = TimeSpan.FromDays(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await store.SweepAsync(time.GetUtcNow() - ImportsKeptFor, stoppingToken);
                await signal.WaitAsync(Interval, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // a background loop: it logs and tries again
            catch (Exception trouble)
#pragma warning restore CA1031
            {
                ContactLog.SweepFailed(log, trouble);
                await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}

/// <summary>Tells the upkeep that there is something to do.</summary>
internal sealed class ContactUpkeepSignal : WakeSignal;

/// <summary>Tells the sender of invitations that there is somebody to ask.</summary>
internal sealed class InvitationSignal : WakeSignal;
