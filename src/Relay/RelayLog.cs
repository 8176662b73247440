using Microsoft.Extensions.Logging;

namespace Relay;

/// <summary>Log texts of the executable; event ids 1000–1099, next free: 1004.</summary>
internal static partial class RelayLog
{
    [LoggerMessage(1000, LogLevel.Information, "Certificates and signing keys were read again")]
    public static partial void Reloaded(ILogger logger);

    [LoggerMessage(1001, LogLevel.Error, "Certificates or signing keys cannot be read; the old ones stay in force")]
    public static partial void ReloadFailed(ILogger logger, Exception trouble);

    [LoggerMessage(1003, LogLevel.Information, "Certificates have changed and were read again")]
    public static partial void CertificatesReloaded(ILogger logger);

    [LoggerMessage(1002, LogLevel.Warning, "Login {Login} used a sender in {Place} that is not on its list; {Decision}")]
    public static partial void ForeignSender(ILogger logger, string login, string place, string decision);
}
