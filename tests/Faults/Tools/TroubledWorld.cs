using System.Net;
using System.Net.Sockets;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>One relay and a dozen destinations, each a host of its own; a test starts its destination when and as it wants.</summary>
public sealed class TroubledWorld : IAsyncLifetime
{
    /// <summary>Mail from here; reports to it are thrown away.</summary>
    public const string Sender = "sender@origin.test";

    private static readonly string[] Names =
    [
        "refuses", "greylists", "bounces", "unavailable", "drops", "vanishes", "unreachable", "garbles", "babbles", "chooses", "null", "stutters",
    ];

    private readonly Dictionary<string, int> _ports = Names.ToDictionary(name => name, _ => LoopbackPorts.Free());

    public RelayProcess Relay { get; } = new();

    public async Task InitializeAsync()
    {
        var routes = Names.Select(name =>
            $"""

            [route."{name}.test"]
            smarthost = "{AddressOf(name)}:{_ports[name]}"
            tls = "none"

            """);
        Relay.Environment["RELAY__DELIVERY__CONNECT_TIMEOUT"] = "4s";
        Relay.Configure(
            """
            [retry]
            schedule = ["2s"]
            jitter = "0%"

            [queue]
            min_free_disk = "0"

            [route."origin.test"]
            type = "discard"

            """ + string.Concat(routes));
        await Relay.StartAsync();
    }

    public async Task DisposeAsync() => await Relay.DisposeAsync();

    /// <summary>Starts the server of <c>NAME.test</c>.</summary>
    public SmtpSink Start(string name, SmtpSinkOptions? options = null) =>
        SmtpSink.Start((options ?? new SmtpSinkOptions()) with { Address = AddressOf(name), Port = _ports[name] });

    /// <summary>A host whose connections are never established: nobody accepts them, and the backlog is full.</summary>
    public IDisposable StartSilent(string name) => new FullBacklog(new IPEndPoint(AddressOf(name), _ports[name]));

    public Task<string> AcceptAsync(string name, byte[] content, string reversePath = Sender, string localPart = "someone") =>
        Relay.AcceptAsync(reversePath, [$"{localPart}@{name}.test"], content);

    // Hosts of their own, so that trouble with one does not count against another.
    private static IPAddress AddressOf(string name) => IPAddress.Parse($"127.0.0.{10 + Array.IndexOf(Names, name)}");

    private sealed class FullBacklog : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _waiting = [];

        public FullBacklog(IPEndPoint endpoint)
        {
            _listener.Bind(endpoint);
            _listener.Listen(0);
            for (var i = 0; i < 4; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                _waiting.Add(socket);
                try
                {
                    socket.Connect(endpoint);
                }
                catch (SocketException underway) when (underway.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                    // It waits in the backlog.
                }
            }
        }

        public void Dispose()
        {
            _waiting.ForEach(socket => socket.Dispose());
            _listener.Dispose();
        }
    }
}
