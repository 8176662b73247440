using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay;

/// <summary>Reads certificates again when their files have changed; sessions in progress keep what they have.</summary>
/// <remarks>Looks at the files every ten seconds. Files that cannot be used, or are caught half written, leave the old certificates in force until they can be read.</remarks>
internal sealed class CertificateWatch(CertificateStore certificates, TimeProvider time, ILogger<CertificateWatch> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private IReadOnlyList<FileState?> _seen = Look(certificates);
    private IReadOnlyList<FileState?> _told = [];

    /// <summary>Looks now; true when certificates were read again.</summary>
    public bool Look()
    {
        var now = Look(certificates);
        if (now.SequenceEqual(_seen))
        {
            return false;
        }

        try
        {
            certificates.Reload();
            _seen = now;
            RelayLog.CertificatesReloaded(log);
            return true;
        }
        catch (CertificateException trouble)
        {
            // Tried again at every look, said once.
            if (!now.SequenceEqual(_told))
            {
                RelayLog.CertificatesRefused(log, trouble.Message);
                _told = now;
            }

            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Look();
        }
    }

    private static IReadOnlyList<FileState?> Look(CertificateStore store) => [.. store.Files.Select(FileState.Of)];
}
