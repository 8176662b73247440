using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;

namespace Relay.Dns;

/// <summary>
/// The servers in the order to ask them: as configured, but those that lately did not answer last, so that one dead server
/// costs a timeout each half minute and not each lookup. The system's servers are read again when they change.
/// </summary>
internal sealed class ServerList
{
    internal static readonly TimeSpan Demotion = TimeSpan.FromSeconds(30);
    internal static readonly TimeSpan SystemCheckInterval = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<IPEndPoint, long> _silentSince = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string? _resolvConfPath;
    private volatile IReadOnlyList<IPEndPoint> _servers;
    private long _checkedAt;

    public ServerList(IReadOnlyList<IPEndPoint> configured, TimeProvider time, ILogger logger, string resolvConfPath)
    {
        _time = time;
        _logger = logger;
        _resolvConfPath = configured.Count == 0 ? resolvConfPath : null;
        _servers = configured.Count == 0 ? SystemServers.Read(resolvConfPath) : configured;
        _checkedAt = time.GetTimestamp();
    }

    public IReadOnlyList<IPEndPoint> InOrder()
    {
        FollowSystem();
        var servers = _servers;
        return _silentSince.IsEmpty ? servers : [.. servers.OrderBy(IsSilent)];
    }

    public void Answered(IPEndPoint server)
    {
        if (!_silentSince.IsEmpty && _silentSince.TryRemove(server, out _))
        {
            DnsLog.ServerAnswersAgain(_logger, server);
        }
    }

    public void DidNotAnswer(IPEndPoint server)
    {
        var now = _time.GetTimestamp();
        if (_silentSince.TryAdd(server, now))
        {
            DnsLog.ServerSilent(_logger, server);
        }
        else
        {
            _silentSince[server] = now;
        }
    }

    private bool IsSilent(IPEndPoint server) =>
        _silentSince.TryGetValue(server, out var since) && _time.GetElapsedTime(since) < Demotion;

    private void FollowSystem()
    {
        var checkedAt = Interlocked.Read(ref _checkedAt);
        if (_resolvConfPath is null
            || _time.GetElapsedTime(checkedAt) < SystemCheckInterval
            || Interlocked.CompareExchange(ref _checkedAt, _time.GetTimestamp(), checkedAt) != checkedAt)
        {
            return;
        }

        // The file is small: comparing what it says is surer than its time stamp, which has the clock's grain.
        var servers = SystemServers.Read(_resolvConfPath);
        if (!servers.SequenceEqual(_servers))
        {
            _servers = servers;
            _silentSince.Clear();
            DnsLog.SystemServersChanged(_logger, string.Join(", ", servers));
        }
    }
}
