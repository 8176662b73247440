using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Platform.Contacts;

/// <summary>Removes what deleted books leave behind, and old notes of imports, in small pieces.</summary>
internal sealed class ContactUpkeep(IContactStore store, ContactUpkeepSignal signal, TimeProvider time, ILogger<ContactUpkeep> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly TimeSpan ImportsKeptFor = TimeSpan.FromDays(30);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => BackgroundLoop.RunAsync(RoundAsync, Failed, time, stoppingToken);

    private async ValueTask<TimeSpan> RoundAsync(CancellationToken stoppingToken)
    {
        await store.SweepAsync(time.GetUtcNow() - ImportsKeptFor, stoppingToken);
        await signal.WaitAsync(Interval, time, stoppingToken);
        return TimeSpan.Zero;
    }

    private TimeSpan Failed(Exception trouble)
    {
        ContactLog.SweepFailed(log, trouble);
        return Interval;
    }
}

/// <summary>Tells the upkeep that there is something to do.</summary>
internal sealed class ContactUpkeepSignal : WakeSignal;

/// <summary>Tells the sender of invitations that there is somebody to ask.</summary>
internal sealed class InvitationSignal : WakeSignal;
