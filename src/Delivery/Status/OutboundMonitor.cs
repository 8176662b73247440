using Microsoft.Extensions.Logging;

namespace Relay.Delivery;

/// <summary>Notices a provider that blocks outgoing SMTP, which looks like a slow world otherwise. Thread safe.</summary>
internal sealed class OutboundMonitor(ILogger<OutboundMonitor> logger)
{
    private const int UnrelatedSites = 3;
    private readonly Lock _gate = new();
    private readonly List<string> _timedOut = [];
    private volatile bool _hasConnected;
    private bool _isBlocked;
    private int _port = 25;

    public OutboundHealth Health
    {
        get
        {
            lock (_gate)
            {
                return new OutboundHealth(_isBlocked && !_hasConnected, _port, [.. _timedOut], _hasConnected);
            }
        }
    }

    public void Connected() => _hasConnected = true;

    public void TimedOut(string site, int port)
    {
        if (_hasConnected)
        {
            return;
        }

        lock (_gate)
        {
            if (_isBlocked || _timedOut.Contains(site))
            {
                return;
            }

            _timedOut.Add(site);
            _port = port;
            _isBlocked = _timedOut.Count >= UnrelatedSites;
            if (_isBlocked)
            {
                DeliveryLog.PortBlocked(logger, port);
            }
        }
    }
}
