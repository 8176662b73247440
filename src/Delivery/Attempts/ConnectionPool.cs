namespace Relay.Delivery;

/// <summary>Open connections without work, by path. Thread safe.</summary>
/// <remarks>
/// A connection is taken only for a route that names its host: sites share limits, but a host of one domain need not take the mail of another.
/// Idle and busy connections together stay within the limits of their path and of the relay; the oldest idle one gives way.
/// </remarks>
internal sealed class ConnectionPool(DeliveryOptions options, BackgroundTasks background, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PathKey, List<PeerConnection>> _idle = [];
    private int _count;

    public int IdleCount(PathKey path)
    {
        lock (_gate)
        {
            return _idle.TryGetValue(path, out var list) ? list.Count : 0;
        }
    }

    public int TotalIdle => Volatile.Read(ref _count);

    /// <summary>Takes the connection used last; null when none fits.</summary>
    /// <param name="throttles">Limits of the mail's own. A connection that has carried as much of such mail as it may makes room for the new one.</param>
    public PeerConnection? TryTake(Route route, PathKey path, TlsPolicy tls, Throttle[] throttles)
    {
        var (taken, usedUp) = Find(route, path, tls, throttles);
        if (usedUp is not null)
        {
            Quit(usedUp);
        }

        return taken;
    }

    /// <summary>Takes back a connection that can carry another transaction, or closes it when it has carried enough or there is no place.</summary>
    public void Park(PeerConnection connection, SiteLimits limits, int busyConnections)
    {
        if (connection.IsSpent(limits))
        {
            Quit(connection);
            return;
        }

        List<PeerConnection> surplus = [];
        lock (_gate)
        {
            connection.IdleSince = time.GetUtcNow();
            var path = connection.Key.Path;
            if (!_idle.TryGetValue(path, out var list))
            {
                _idle[path] = list = [];
            }

            list.Add(connection);
            _count++;
            while (list.Count > limits.MaxConnections.Value)
            {
                surplus.Add(list[0]);
                RemoveAt(path, list, 0);
            }
        }

        surplus.ForEach(Quit);
        MakeRoom(busyConnections);
    }

    /// <summary>Closes idle connections of a path that stand in the way of a new one, the oldest first.</summary>
    public void MakeRoom(PathKey path, int busyOfPath, int maxOfPath, int busyConnections)
    {
        List<PeerConnection> surplus = [];
        lock (_gate)
        {
            while (_idle.TryGetValue(path, out var list) && busyOfPath + list.Count > maxOfPath)
            {
                surplus.Add(list[0]);
                RemoveAt(path, list, 0);
            }
        }

        surplus.ForEach(Quit);
        MakeRoom(busyConnections);
    }

    /// <summary>Closes what has been idle for too long; all of it when <paramref name="everything"/>.</summary>
    public void CloseIdle(bool everything)
    {
        List<PeerConnection> closing = [];
        lock (_gate)
        {
            var limit = time.GetUtcNow() - options.IdleTimeout;
            foreach (var (path, list) in _idle.ToList())
            {
                // The list is in the order of parking: the oldest stand in front.
                while (list.Count > 0 && (everything || list[0].IdleSince <= limit))
                {
                    closing.Add(list[0]);
                    RemoveAt(path, list, 0);
                }
            }
        }

        closing.ForEach(Quit);
    }

    /// <summary>Says QUIT in the background.</summary>
    public void Quit(PeerConnection connection) => background.Run(() => connection.Session.QuitAsync().AsTask());

    private (PeerConnection? Taken, PeerConnection? UsedUp) Find(Route route, PathKey path, TlsPolicy tls, Throttle[] throttles)
    {
        lock (_gate)
        {
            if (!_idle.TryGetValue(path, out var list))
            {
                return (null, null);
            }

            PeerConnection? usedUp = null;
            for (var i = list.Count - 1; i >= 0; i--)
            {
                var connection = list[i];
                if (!Fits(connection, route, tls))
                {
                    continue;
                }

                if (connection.Carried.HasRoomFor(throttles))
                {
                    RemoveAt(path, list, i);
                    return (connection, null);
                }

                usedUp = connection;
            }

            if (usedUp is not null)
            {
                RemoveAt(path, list, list.IndexOf(usedUp));
            }

            return (null, usedUp);
        }
    }

    private static bool Fits(PeerConnection connection, Route route, TlsPolicy tls) =>
        connection.Key.Tls == tls.Demands
        && tls.Allows(connection.Host.Name)
        && connection.Key.Login == route.Login?.Login
        && route.Hosts.Any(h => h.Name == connection.Host.Name);

    private void MakeRoom(int busyConnections)
    {
        while (true)
        {
            PeerConnection? oldest = null;
            lock (_gate)
            {
                if (_count == 0 || busyConnections + _count <= options.MaxConnections)
                {
                    return;
                }

                foreach (var list in _idle.Values)
                {
                    if (oldest is null || list[0].IdleSince < oldest.IdleSince)
                    {
                        oldest = list[0];
                    }
                }

                RemoveAt(oldest!.Key.Path, _idle[oldest.Key.Path], 0);
            }

            Quit(oldest);
        }
    }

    private void RemoveAt(PathKey path, List<PeerConnection> list, int index)
    {
        list.RemoveAt(index);
        _count--;
        if (list.Count == 0)
        {
            _idle.Remove(path);
        }
    }
}
