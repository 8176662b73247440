namespace Relay.Smtp.Server;

/// <summary>Tells a slow sender from a stalled one: every octet earns time, every wait spends it, and no more is saved than the grace.</summary>
internal sealed class DataRateMeter
{
    private readonly int _minBytesPerSecond;
    private readonly TimeSpan _grace;
    private TimeSpan _credit;

    /// <param name="minBytesPerSecond">0 for no minimum.</param>
    public DataRateMeter(int minBytesPerSecond, TimeSpan grace)
    {
        _minBytesPerSecond = minBytesPerSecond;
        _grace = grace;
        _credit = grace;
    }

    /// <summary>Notes a wait for the client and what it brought; false when the client is too slow.</summary>
    public bool Note(TimeSpan waited, long bytes)
    {
        if (_minBytesPerSecond <= 0)
        {
            return true;
        }

        _credit += TimeSpan.FromSeconds((double)bytes / _minBytesPerSecond) - waited;
        if (_credit > _grace)
        {
            _credit = _grace;
        }

        return _credit >= TimeSpan.Zero;
    }
}
