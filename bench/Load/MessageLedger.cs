using System.Diagnostics;

namespace Relay.Bench.Load;

/// <summary>What was accepted and what arrived, by the number each message carries. Thread safe, no locks.</summary>
internal sealed class MessageLedger(int capacity)
{
    private readonly long[] _begunAt = new long[capacity];
    private readonly long[] _acceptedAt = new long[capacity];
    private readonly long[] _arrivedAt = new long[capacity];
    private readonly int[] _arrivals = new int[capacity];
    private int _next;
    private int _accepted;
    private int _arrived;
    private int _duplicates;
    private int _unsigned;
    private int _foreign;
    private int _refused;

    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Different messages that arrived.</summary>
    public int Arrived => Volatile.Read(ref _arrived);

    public int Duplicates => Volatile.Read(ref _duplicates);

    public int Unsigned => Volatile.Read(ref _unsigned);

    /// <summary>Arrivals without a number of ours.</summary>
    public int Foreign => Volatile.Read(ref _foreign);

    public int Refused => Volatile.Read(ref _refused);

    /// <summary>The number of the next message, or −1 when there is no room for more.</summary>
    public int TakeNumber() => Interlocked.Increment(ref _next) - 1 is var number && number < capacity ? number : -1;

    public void NoteBegun(int number) => _begunAt[number] = Stopwatch.GetTimestamp();

    public void NoteAccepted(int number)
    {
        _acceptedAt[number] = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _accepted);
    }

    public void NoteRefused() => Interlocked.Increment(ref _refused);

    public void NoteArrived(int number, bool isSigned)
    {
        if (number < 0 || number >= capacity)
        {
            Interlocked.Increment(ref _foreign);
            return;
        }

        if (!isSigned)
        {
            Interlocked.Increment(ref _unsigned);
        }

        if (Interlocked.Increment(ref _arrivals[number]) > 1)
        {
            Interlocked.Increment(ref _duplicates);
            return;
        }

        _arrivedAt[number] = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _arrived);
    }

    /// <summary>Accepted but not arrived, from this number on.</summary>
    public int CountLost(int from) => Enumerable.Range(from, Issued - from).Count(n => _acceptedAt[n] != 0 && _arrivals[n] == 0);

    /// <summary>Numbers given out so far.</summary>
    public int Issued => Math.Min(capacity, Volatile.Read(ref _next));

    /// <summary>From the 250 to the arrival, in milliseconds, sorted; an arrival that overtook the 250 counts as 0.</summary>
    public double[] Latencies(int from) =>
    [
        .. Enumerable.Range(from, Issued - from).Where(n => _acceptedAt[n] != 0 && _arrivedAt[n] != 0)
            .Select(n => Math.Max(0, Stopwatch.GetElapsedTime(_acceptedAt[n], _arrivedAt[n]).TotalMilliseconds)).Order(),
    ];

    /// <summary>From MAIL to the 250, in milliseconds, sorted.</summary>
    public double[] AcceptLatencies(int from) =>
    [
        .. Enumerable.Range(from, Issued - from).Where(n => _acceptedAt[n] != 0)
            .Select(n => Stopwatch.GetElapsedTime(_begunAt[n], _acceptedAt[n]).TotalMilliseconds).Order(),
    ];

    /// <summary>Stopwatch time of the last arrival from this number on, 0 when there was none.</summary>
    public long LastArrival(int from) => Enumerable.Range(from, Issued - from).Max(n => _arrivedAt[n]);

    public long LastAccepted(int from) => Enumerable.Range(from, Issued - from).Max(n => _acceptedAt[n]);
}
