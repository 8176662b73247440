using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;
using Relay.Senders;

namespace Relay;

/// <summary>On SIGHUP reads configuration, certificates and signing keys again; what has faults leaves the old ones in force.</summary>
internal sealed class ReloadService : BackgroundService
{
    private readonly ConfigurationControl _configuration;
    private readonly SystemdNotifier _systemd;
    private readonly ILogger<ReloadService> _log;
    private readonly SemaphoreSlim _asked = new(0);

    public ReloadService(ConfigurationControl configuration, SystemdNotifier systemd, ILogger<ReloadService> log)
    {
        _configuration = configuration;
        _systemd = systemd;
        _log = log;
    }

    public override void Dispose()
    {
        _asked.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _configuration.Remember();
        using var signal = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
        while (!stoppingToken.IsCancellationRequested)
        {
            await _asked.WaitAsync(stoppingToken);
            await ReloadAsync("signal", stoppingToken);
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        _asked.Release();
    }

    /// <param name="actor">Who wants it, for history and audit.</param>
    public async Task ReloadAsync(string actor, CancellationToken stoppingToken)
    {
        _systemd.Reloading();
        try
        {
            if ((await _configuration.ReloadAsync(new AuditActor(actor, null), stoppingToken)).Valid)
            {
                RelayLog.Reloaded(_log);
            }
        }
        catch (Exception trouble) when (trouble is CertificateException or StoreUnavailableException or IOException or UnauthorizedAccessException or FormatException)
        {
            RelayLog.ReloadFailed(_log, trouble);
        }
        finally
        {
            _systemd.Ready();
        }
    }
}
