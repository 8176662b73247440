namespace Relay.Storage;

/// <summary>How the writer's thread waits for work.</summary>
/// <remarks>
/// Outcomes wake nobody for a moment behind a group with mail: the next mail, which most likely comes, takes them along, and one sync serves
/// both. Where no mail was just taken they go at once.
/// </remarks>
/// <param name="patience">How long outcomes wait for company.</param>
internal sealed class WriterSleep(WriterLanes lanes, TimeSpan patience) : IDisposable
{
    // Without spinning: the thread has nothing to do for longer than a spin would last, and the cores are needed elsewhere.
    private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);
    private volatile bool _isSound;
    private volatile bool _isInterrupted;

    /// <summary>Something was put into a lane. Any thread.</summary>
    public void Added(WriterLane lane)
    {
        // Between what was added and the look at how deep the writer sleeps; it has the same between falling asleep and its last look.
        Interlocked.MemoryBarrier();
        if (lane != WriterLane.Outcome || _isSound || lanes.Outcomes >= WriterLanes.ManyOutcomes)
        {
            _wake.Set();
        }
    }

    /// <summary>Ends this wait or the next one. Any thread.</summary>
    public void Interrupt()
    {
        _isInterrupted = true;
        _wake.Set();
    }

    /// <summary>Until there is work or an interruption; may return without either.</summary>
    /// <param name="isMailLikely">Mail was in the last group.</param>
    public void Wait(bool isMailLikely)
    {
        _wake.Reset();
        if (_isInterrupted || lanes.IsUrgent || lanes.Outcomes >= WriterLanes.ManyOutcomes)
        {
            _isInterrupted = false;
            return;
        }

        if (isMailLikely)
        {
            _wake.Wait(patience);
            return;
        }

        _isSound = true;
        Interlocked.MemoryBarrier();
        if (lanes.IsEmpty)
        {
            _wake.Wait();
        }

        _isSound = false;
    }

    public void Dispose() => _wake.Dispose();
}
