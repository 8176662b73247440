namespace Relay.Delivery;

/// <summary>Told what every attempt came to, to draw conclusions for the limits of its path (<see cref="IPathControl"/>).</summary>
internal interface IShapingObserver
{
    /// <summary>Before an attempt is stored: what it came to, with times and classes of its recipients as the replies ask for.</summary>
    AttemptResult Judge(EgressPath path, AttemptResult result);

    /// <summary>
    /// Called outside of any lock, once for each ended job, on the worker's thread: must be quick and must not throw. The outcomes hold
    /// each recipient's reply (code, enhanced code, text), step and host.
    /// </summary>
    void Observe(EgressPath path, AttemptResult result);
}

/// <summary>Draws no conclusions.</summary>
internal sealed class NoShaping : IShapingObserver
{
    public AttemptResult Judge(EgressPath path, AttemptResult result) => result;

    public void Observe(EgressPath path, AttemptResult result)
    {
        // Limits stay as configured.
    }
}
