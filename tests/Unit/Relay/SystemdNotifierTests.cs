using System.Net.Sockets;
using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Against a real datagram socket, because the address families of the system are what can go wrong.</summary>
public sealed class SystemdNotifierTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly Dictionary<string, string?> _before = [];

    public void Dispose()
    {
        foreach (var (name, value) in _before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task Tells_ready_reloading_and_stopping_and_keeps_the_watchdog_calm()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var socket = Listen();
        Set("WATCHDOG_USEC", "2000000");
        Set("WATCHDOG_PID", null);
        var isAlive = true;
        using var notifier = new SystemdNotifier(() => isAlive, _time);

        await notifier.StartedAsync(CancellationToken.None);
        Assert.Equal($"READY=1\nMAINPID={Environment.ProcessId}", await ReceiveAsync(socket));
        _time.Advance(TimeSpan.FromSeconds(1));

        // One at once, and one after half the interval.
        Assert.Equal("WATCHDOG=1", await ReceiveAsync(socket));
        Assert.Equal("WATCHDOG=1", await ReceiveAsync(socket));
        notifier.Reloading();
        Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", await ReceiveAsync(socket), StringComparison.Ordinal);
        notifier.Ready();
        Assert.Equal("READY=1", await ReceiveAsync(socket));

        isAlive = false;
        _time.Advance(TimeSpan.FromSeconds(10));
        await notifier.StoppingAsync(CancellationToken.None);
        Assert.Equal("STOPPING=1", await ReceiveAsync(socket));
    }

    [Fact]
    public async Task Is_quiet_where_nobody_supervises()
    {
        Set("NOTIFY_SOCKET", null);
        Set("WATCHDOG_USEC", null);
        using var notifier = new SystemdNotifier(() => true, _time);

        await notifier.StartedAsync(CancellationToken.None);
        await notifier.StoppingAsync(CancellationToken.None);

        Assert.Equal(0, _time.ActiveTimers);
    }

    [Fact]
    public async Task Goes_on_when_the_supervisor_is_gone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Set("NOTIFY_SOCKET", _folder.File("gone.sock"));
        using var notifier = new SystemdNotifier(() => true, _time);

        await notifier.StoppingAsync(CancellationToken.None);
    }

    private Socket Listen()
    {
        var path = _folder.File("notify.sock");
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        Set("NOTIFY_SOCKET", path);
        return socket;
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        var buffer = new byte[1000];
        var length = await socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private void Set(string name, string? value)
    {
        _before.TryAdd(name, Environment.GetEnvironmentVariable(name));
        Environment.SetEnvironmentVariable(name, value);
    }
}
