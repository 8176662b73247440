namespace Relay.Delivery;

/// <summary>How many connections a path may use now: starts low, grows by one for each full round of successes, halves on a connection-level failure.</summary>
/// <remarks>The 1/N feedback of Postfix's scheduler, with a multiplicative step down. Not thread safe.</remarks>
internal sealed class ConcurrencyWindow
{
    private const int Initial = 5;
    private int _max;
    private double _size;

    /// <param name="max">1 or more; the window never exceeds it.</param>
    public ConcurrencyWindow(int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        _max = max;
        _size = Math.Min(Initial, max);
    }

    /// <summary>Another maximum, 1 or more; what feedback has taught stays as far as it fits.</summary>
    public void Change(int max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        _max = max;
        _size = Math.Min(_size, max);
    }

    /// <summary>1 up to the maximum.</summary>
    public int Allowed => (int)_size;

    public void Succeeded() => _size = Math.Min(_max, _size + (1 / _size));

    public void Failed() => _size = Math.Max(1, _size / 2);
}
