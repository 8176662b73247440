namespace Relay.Delivery;

/// <summary>Counts reports per period, so that a flood of failures does not become a flood of reports. Thread safe.</summary>
internal sealed class ReportLimiter(MessageRate rate)
{
    private readonly Lock _gate = new();
    private DateTimeOffset _periodEnds;
    private int _sent;

    /// <summary>True when another report may be sent in this period.</summary>
    public bool TryTake(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (now >= _periodEnds)
            {
                _periodEnds = now + rate.Period;
                _sent = 0;
            }

            if (_sent >= rate.Count)
            {
                return false;
            }

            _sent++;
            return true;
        }
    }
}
