using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Senders;

namespace Relay;

/// <summary>On SIGHUP reads certificates and signing keys again; what cannot be read leaves the old ones in force.</summary>
internal sealed class ReloadService : BackgroundService
{
    private readonly CertificateStore _certificates;
    private readonly DkimKeys _keys;
    private readonly SystemdNotifier _systemd;
    private readonly ILogger<ReloadService> _log;
    private readonly SemaphoreSlim _asked = new(0);

    public ReloadService(CertificateStore certificates, DkimKeys keys, SystemdNotifier systemd, ILogger<ReloadService> log)
    {
        _certificates = certificates;
        _keys = keys;
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
        using var signal = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
        while (!stoppingToken.IsCancellationRequested)
        {
            await _asked.WaitAsync(stoppingToken);
            await ReloadAsync(stoppingToken);
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        _asked.Release();
    }

    private async Task ReloadAsync(CancellationToken stoppingToken)
    {
        _systemd.Reloading();
        try
        {
            _certificates.Reload();
            await _keys.ReloadAsync(stoppingToken);
            RelayLog.Reloaded(_log);
        }
        catch (Exception trouble) when (trouble is CertificateException or IOException or UnauthorizedAccessException or FormatException)
        {
            RelayLog.ReloadFailed(_log, trouble);
        }
        finally
        {
            _systemd.Ready();
        }
    }
}
