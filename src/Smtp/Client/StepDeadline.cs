namespace Relay.Smtp.Client;

/// <summary>One cancellation source for all steps of a connection: armed for a step, disarmed behind it.</summary>
/// <remarks>Once it has fired the connection is lost, so it never needs to be renewed.</remarks>
internal sealed class StepDeadline(TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _source = new(Timeout.InfiniteTimeSpan, time);

    /// <summary>Starts the clock; dispose the scope at the end of the step.</summary>
    public Scope Arm(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _source.CancelAfter(timeout);
        return new Scope(_source, cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source));
    }

    public void Dispose() => _source.Dispose();

    public readonly struct Scope(CancellationTokenSource source, CancellationTokenRegistration caller) : IDisposable
    {
        public CancellationToken Token => source.Token;

        public void Dispose()
        {
            caller.Dispose();
            source.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }
}
