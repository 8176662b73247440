using System.Net;
using Microsoft.Extensions.Logging;

namespace Relay.Dns;

/// <summary>The log texts of this project. Next free event id: 3004.</summary>
internal static partial class DnsLog
{
    [LoggerMessage(3001, LogLevel.Warning, "DNS server {Server} does not answer; the others are asked first")]
    public static partial void ServerSilent(ILogger logger, IPEndPoint server);

    [LoggerMessage(3002, LogLevel.Information, "DNS server {Server} answers again")]
    public static partial void ServerAnswersAgain(ILogger logger, IPEndPoint server);

    [LoggerMessage(3003, LogLevel.Information, "The system's DNS servers are now {Servers}")]
    public static partial void SystemServersChanged(ILogger logger, string servers);
}
