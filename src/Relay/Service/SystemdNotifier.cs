using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Hosting;

namespace Relay;

/// <summary>Speaks sd_notify(3): READY, STOPPING and the watchdog's keep-alive, over the socket systemd names in NOTIFY_SOCKET.</summary>
/// <remarks>Does nothing where the variable is absent: other systems, or a start by hand.</remarks>
internal sealed class SystemdNotifier : IHostedLifecycleService, IDisposable
{
    private readonly string? _socketPath = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
    private readonly TimeSpan? _watchdog = WatchdogInterval();
    private readonly Func<bool> _isAlive;
    private readonly TimeProvider _time;
    private ITimer? _timer;

    /// <param name="isAlive">False withholds the keep-alive, so that systemd restarts a wedged process.</param>
    public SystemdNotifier(Func<bool> isAlive, TimeProvider time)
    {
        _isAlive = isAlive;
        _time = time;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Send(string.Create(CultureInfo.InvariantCulture, $"READY=1\nMAINPID={Environment.ProcessId}"));
        if (_watchdog is { } interval)
        {
            // Half the interval, as sd_watchdog_enabled(3) advises.
            _timer = _time.CreateTimer(_ => KeepAlive(), null, TimeSpan.Zero, interval / 2);
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        Send("STOPPING=1");
        return Task.CompletedTask;
    }

    /// <summary>Configuration is being read again (needs the monotonic clock since systemd 253).</summary>
    public void Reloading() =>
        Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={_time.GetTimestamp() * 1_000_000 / _time.TimestampFrequency}"));

    public void Ready() => Send("READY=1");

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private void KeepAlive()
    {
        if (_isAlive())
        {
            Send("WATCHDOG=1");
        }
    }

    private void Send(string message)
    {
        if (string.IsNullOrEmpty(_socketPath))
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // A leading @ stands for the abstract namespace, whose names start with NUL.
            socket.Connect(new UnixDomainSocketEndPoint(_socketPath[0] == '@' ? "\0" + _socketPath[1..] : _socketPath));
            socket.Send(Encoding.UTF8.GetBytes(message));
        }
        catch (SocketException)
        {
            // The supervisor is gone; mail goes on.
        }
    }

    private static TimeSpan? WatchdogInterval()
    {
        var isForUs = Environment.GetEnvironmentVariable("WATCHDOG_PID") is not { Length: > 0 } pid
            || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return isForUs
            && long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;
    }
}
