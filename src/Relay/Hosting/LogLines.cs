using System.Text;

namespace Relay;

/// <summary>Gathers log lines for a moment and writes them together: a busy server logs two lines for each message. Thread safe.</summary>
/// <remarks>
/// Lines leave in their order after <see cref="Delay"/>, at once when one of them is urgent, and at the end. Who fills the bound writes
/// by itself, so that a slow reader slows the writers and does not fill the memory. A stream that takes nothing loses the lines:
/// the log must not stop the mail.
/// </remarks>
internal sealed class LogLines : IDisposable
{
    public const int MaxGathered = 64 * 1024;

    public static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly Stream _output;
    private readonly ITimer _timer;
    private MemoryStream _gathered = new();
    private MemoryStream _spare = new();

    public LogLines(Stream output, TimeProvider time)
    {
        _output = output;
        _timer = time.CreateTimer(static state => ((LogLines)state!).Flush(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <param name="line">With its line end.</param>
    public void Add(string line, bool isUrgent)
    {
        bool isFirst, isFull;
        var bytes = Encoding.UTF8.GetBytes(line);
        lock (_gate)
        {
            isFirst = _gathered.Length == 0;
            _gathered.Write(bytes);
            isFull = _gathered.Length >= MaxGathered;
        }

        if (isFull || ((isFirst || isUrgent) && !Schedule(isUrgent)))
        {
            Flush();
        }
    }

    public void Flush()
    {
        lock (_writing)
        {
            lock (_gate)
            {
                (_gathered, _spare) = (_spare, _gathered);
            }

            try
            {
                _output.Write(_spare.GetBuffer(), 0, (int)_spare.Length);
                _output.Flush();
            }
            catch (IOException)
            {
                // There is no other place to tell it.
            }

            _spare.SetLength(0);
        }
    }

    /// <summary>What is still added is written at once: the last lines of a stop come late.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        Flush();
    }

    // False after the end.
    private bool Schedule(bool isUrgent) => _timer.Change(isUrgent ? TimeSpan.Zero : Delay, Timeout.InfiniteTimeSpan);
}
