using System.Net;
using Microsoft.Extensions.Logging;

namespace Relay.Smtp;

/// <summary>Log texts of this project. The client's ids start at 1100; next free id here: 1014.</summary>
internal static partial class SmtpLog
{
    private static readonly Func<ILogger, string, IDisposable?> ConnectionScope = LoggerMessage.DefineScope<string>("{ConnectionId}");

    public static IDisposable? BeginConnection(ILogger logger, string connectionId) => ConnectionScope(logger, connectionId);

    [LoggerMessage(1000, LogLevel.Debug, "Connection from {Peer} accepted")]
    public static partial void ConnectionAccepted(ILogger logger, IPEndPoint peer);

    [LoggerMessage(1001, LogLevel.Information, "Connection from {Peer} to listener {Listener} refused: {Reason}")]
    public static partial void ConnectionRefused(ILogger logger, IPEndPoint peer, string listener, string reason);

    [LoggerMessage(1002, LogLevel.Debug, "Connection closed after {Reply}")]
    public static partial void ConnectionClosed(ILogger logger, string reply);

    [LoggerMessage(1003, LogLevel.Debug, "Connection lost: {Reason}")]
    public static partial void ConnectionLost(ILogger logger, string reason);

    [LoggerMessage(1004, LogLevel.Error, "Session failed unexpectedly")]
    public static partial void SessionFailed(ILogger logger, Exception exception);

    [LoggerMessage(1005, LogLevel.Debug, "{Verb} answered {Reply}")]
    public static partial void CommandAnswered(ILogger logger, string verb, string reply);

    [LoggerMessage(1006, LogLevel.Error, "{Verb} failed, answered with a temporary refusal")]
    public static partial void CommandFailed(ILogger logger, Exception exception, string verb);

    [LoggerMessage(1007, LogLevel.Error, "Content could not be written, the message will be refused for now")]
    public static partial void ContentNotWritten(ILogger logger, Exception exception);

    [LoggerMessage(1008, LogLevel.Debug, "Content of {Bytes} octets answered {Reply}")]
    public static partial void ContentAnswered(ILogger logger, long bytes, string reply);

    [LoggerMessage(1009, LogLevel.Debug, "TLS established: {Protocol} {CipherSuite}")]
    public static partial void TlsEstablished(ILogger logger, string protocol, string cipherSuite);

    [LoggerMessage(1010, LogLevel.Information, "TLS handshake with {Peer} at listener {Listener} failed: {Reason}")]
    public static partial void TlsFailed(ILogger logger, IPEndPoint peer, string listener, string reason);

    [LoggerMessage(1011, LogLevel.Error, "TLS options could not be had, STARTTLS answered with a temporary refusal")]
    public static partial void TlsOptionsFailed(ILogger logger, Exception exception);

    [LoggerMessage(1012, LogLevel.Information, "Login from {Peer} at listener {Listener} failed with {Mechanism}: {Reply}")]
    public static partial void LoginFailed(ILogger logger, IPEndPoint peer, string listener, string mechanism, string reply);

    [LoggerMessage(1013, LogLevel.Information, "Listener {Listener} stops, {Sessions} sessions are open")]
    public static partial void ListenerStops(ILogger logger, string listener, int sessions);
}
