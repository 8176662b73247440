using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay;

/// <summary>Reads certificates again when their files have changed; sessions in progress keep what they have.</summary>
/// <remarks>Looks at the times of the files every ten seconds. Files caught half written leave the old certificates in force until they can be read.</remarks>
internal sealed class CertificateWatch(CertificateStore certificates, TimeProvider time, ILogger<CertificateWatch> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private string _seen = Stamp(certificates);

    /// <summary>Looks now; true when certificates were read again.</summary>
    public bool Look()
    {
        var stamp = Stamp(certificates);
        if (stamp == _seen)
        {
            return false;
        }

        try
        {
            certificates.Reload();
            _seen = stamp;
            RelayLog.CertificatesReloaded(log);
            return true;
        }
        catch (CertificateException trouble)
        {
            RelayLog.ReloadFailed(log, trouble);
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

    // A file that is not there has a time, too: that of the year 1601.
    private static string Stamp(CertificateStore store) =>
        string.Join('|', store.Files.Select(file => File.GetLastWriteTimeUtc(file).Ticks.ToString(System.Globalization.CultureInfo.InvariantCulture)));
}
