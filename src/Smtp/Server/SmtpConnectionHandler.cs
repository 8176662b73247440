using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>The door of one listener: give <see cref="OnConnectedAsync"/> of one instance per listener to <c>ListenOptions.Run</c>. Thread safe.</summary>
public sealed class SmtpConnectionHandler : ConnectionHandler
{
    // The header comes with the first packet; a proxy that needs longer is in trouble.
    private static readonly TimeSpan ProxyHeaderTimeout = TimeSpan.FromSeconds(10);

    private readonly SmtpServerOptions _options;
    private readonly ISmtpPolicy _policy;
    private readonly IMessageSink _sink;
    private readonly TimeProvider _time;
    private readonly SmtpMetrics _metrics;
    private readonly ILogger<SmtpConnectionHandler> _logger;
    private readonly ConnectionCounter _counter;
    private readonly ConcurrentDictionary<SmtpServerConnection, bool> _open = new();
    private volatile bool _stopping;

    /// <exception cref="ArgumentException">The host name is no domain name, or the TLS mode needs <see cref="SmtpServerOptions.TlsOptions"/>.</exception>
    public SmtpConnectionHandler(
        SmtpServerOptions options, ISmtpPolicy policy, IMessageSink sink, TimeProvider time, SmtpMetrics metrics, ILogger<SmtpConnectionHandler> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!DomainName.TryParse(options.Hostname, out _))
        {
            throw new ArgumentException($"Listener {options.Listener}: '{options.Hostname}' is not a domain name", nameof(options));
        }

        if (options.Tls is SmtpTlsMode.Required or SmtpTlsMode.Implicit && options.TlsOptions is null)
        {
            throw new ArgumentException($"Listener {options.Listener}: TLS mode {options.Tls} needs a certificate", nameof(options));
        }

        _options = options;
        _policy = policy;
        _sink = sink;
        _time = time;
        _metrics = metrics;
        _logger = logger;
        _counter = new ConnectionCounter();
    }

    /// <summary>Sessions open now.</summary>
    public int ActiveSessions => _counter.Total;

    /// <summary>New and idle sessions are answered 421 4.3.2 from now on; those in a transaction may finish it first.</summary>
    public void BeginStop()
    {
        _stopping = true;
        SmtpLog.ListenerStops(_logger, _options.Listener, ActiveSessions);
        foreach (var (connection, _) in _open)
        {
            connection.BeginStop();
        }
    }

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var peer = EndPointOf(connection.RemoteEndPoint);
        var local = EndPointOf(connection.LocalEndPoint);
        if (_options.IsProxy(peer.Address))
        {
            if (await ReadProxyHeaderAsync(connection, peer) is not { } header)
            {
                return;
            }

            (peer, local) = (Plain(header.Client ?? peer), Plain(header.Server ?? local));
        }

        await AdmitAsync(connection, peer, local);
    }

    private async Task AdmitAsync(ConnectionContext connection, IPEndPoint peer, IPEndPoint local)
    {
        var options = _options.ForPeer?.Invoke(peer.Address) ?? _options;
        var verdict = _counter.Enter(peer.Address, options.Limits);
        if (verdict != ConnectionCounter.Verdict.Accepted)
        {
            var (reply, reason) = verdict switch
            {
                ConnectionCounter.Verdict.TooMany => (ServerReplies.TooBusy, "total_limit"),
                ConnectionCounter.Verdict.TooManyFromAddress => (ServerReplies.TooManyFromAddress, "address_limit"),
                _ => (ServerReplies.TooManyFromNetwork, "network_limit"),
            };
            await RefuseAsync(connection, peer, reply, reason);
            return;
        }

        try
        {
            await (_stopping ? RefuseAsync(connection, peer, ServerReplies.Stopping, "stopping") : ServeAsync(connection, peer, local, options));
        }
        finally
        {
            _counter.Leave(peer.Address);
        }
    }

    /// <summary>Null when the proxy did not say for whom it speaks: then nobody is served (the document, §2.2).</summary>
    private async ValueTask<ProxyHeader?> ReadProxyHeaderAsync(ConnectionContext connection, IPEndPoint proxy)
    {
        using var limit = new CancellationTokenSource(ProxyHeaderTimeout, _time);
        var input = connection.Transport.Input;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(limit.Token);
                var buffer = read.Buffer;
                var status = ProxyHeader.TryRead(ref buffer, out var header);
                input.AdvanceTo(buffer.Start, status == ProxyHeaderStatus.More ? buffer.End : buffer.Start);
                if (status == ProxyHeaderStatus.Complete)
                {
                    return header;
                }

                if (status == ProxyHeaderStatus.Invalid || read.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            SmtpLog.ConnectionLost(_logger, e.Message);
        }

        SmtpLog.ConnectionRefused(_logger, proxy, _options.Listener, "no header of the PROXY protocol");
        _metrics.ConnectionRefused(_options.Listener, "proxy_header");
        return null;
    }

    private async Task ServeAsync(ConnectionContext context, IPEndPoint peer, IPEndPoint local, SmtpServerOptions options)
    {
        var facts = new SmtpSession
        {
            ConnectionId = context.ConnectionId,
            Listener = _options.Listener,
            Peer = peer,
            Local = local,
        };
        using var scope = SmtpLog.BeginConnection(_logger, facts.ConnectionId);
        SmtpLog.ConnectionAccepted(_logger, peer);
        _metrics.SessionOpened(_options.Listener);
        var session = new SmtpServerSession(options, _policy, _sink, facts, _time);
        await using var connection = new SmtpServerConnection(context.Transport, session, options, _time, _metrics, _logger);
        _open.TryAdd(connection, true);
        await using var stop = OnServerStop(context, connection);
        if (_stopping)
        {
            connection.BeginStop();
        }

        try
        {
            await connection.RunAsync();
        }
        finally
        {
            _open.TryRemove(connection, out _);
            _metrics.SessionClosed(_options.Listener);
        }
    }

    // Kestrel tells its connections when it wants them gone, whoever asked it to stop.
    private static CancellationTokenRegistration OnServerStop(ConnectionContext context, SmtpServerConnection connection) =>
        context.Features.Get<IConnectionLifetimeNotificationFeature>() is { } lifetime
            ? lifetime.ConnectionClosedRequested.UnsafeRegister(static state => ((SmtpServerConnection)state!).BeginStop(), connection)
            : default;

    private async Task RefuseAsync(ConnectionContext connection, IPEndPoint peer, SmtpReply reply, string reason)
    {
        SmtpLog.ConnectionRefused(_logger, peer, _options.Listener, reason);
        _metrics.ConnectionRefused(_options.Listener, reason);
        if (_options.Tls == SmtpTlsMode.Implicit)
        {
            // A handshake only to say no would cost more than serving the client.
            return;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), _time);
        try
        {
            await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(reply.ToWire()), limit.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            SmtpLog.ConnectionLost(_logger, e.Message);
        }
    }

    private static IPEndPoint Plain(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;

    private static IPEndPoint EndPointOf(EndPoint? endPoint) => endPoint switch
    {
        IPEndPoint { AddressFamily: AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 } ip => Plain(ip),
        // A program of this machine; who may open the socket is decided by the file system.
        UnixDomainSocketEndPoint => new IPEndPoint(IPAddress.Loopback, 0),
        _ => new IPEndPoint(IPAddress.None, 0),
    };
}
