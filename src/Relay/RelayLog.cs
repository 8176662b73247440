using Microsoft.Extensions.Logging;

namespace Relay;

/// <summary>Log texts of the executable; event ids 9000–9099, next free: 9010.</summary>
internal static partial class RelayLog
{
    [LoggerMessage(9000, LogLevel.Information, "Certificates and signing keys were read again")]
    public static partial void Reloaded(ILogger logger);

    [LoggerMessage(9006, LogLevel.Information, "The configuration was read again: {Applied} settings took effect, {Waiting} wait for a restart")]
    public static partial void ConfigurationReloaded(ILogger logger, int applied, int waiting);

    [LoggerMessage(9007, LogLevel.Error, "The configuration has faults; the one in force stays: {Faults}")]
    public static partial void ConfigurationRefused(ILogger logger, string faults);

    [LoggerMessage(9008, LogLevel.Error, "The event file cannot be written; these events are in the history only")]
    public static partial void EventLogFailed(ILogger logger, Exception trouble);

    [LoggerMessage(9001, LogLevel.Error, "Reading configuration, certificates and signing keys again broke off; what was not read stays as it was")]
    public static partial void ReloadFailed(ILogger logger, Exception trouble);

    [LoggerMessage(9004, LogLevel.Error, "The maildrop cannot be read; what waits there stays for now")]
    public static partial void MaildropTrouble(ILogger logger, Exception trouble);

    [LoggerMessage(9005, LogLevel.Error, "A file that userid {User} left in the maildrop was refused and is kept there as {File}: {Reason}")]
    public static partial void MaildropRefused(ILogger logger, string user, string file, string reason);

    [LoggerMessage(9003, LogLevel.Information, "Certificates have changed and were read again")]
    public static partial void CertificatesReloaded(ILogger logger);

    [LoggerMessage(9009, LogLevel.Error, "Certificates have changed and cannot be used; those read before stay in force: {Reason}")]
    public static partial void CertificatesRefused(ILogger logger, string reason);

    [LoggerMessage(9002, LogLevel.Warning, "Login {Login} used a sender in {Place} that it may not use; {Decision}")]
    public static partial void ForeignSender(ILogger logger, string login, string place, string decision);
}
