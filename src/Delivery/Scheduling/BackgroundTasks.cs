using Microsoft.Extensions.Logging;

namespace Relay.Delivery;

/// <summary>Tasks that run beside their starter: owned, observed, awaited at stop. Thread safe.</summary>
internal sealed class BackgroundTasks(ILogger logger)
{
    private readonly Lock _gate = new();
    private int _running;
    private TaskCompletionSource? _idle;

    public int Count => Volatile.Read(ref _running);

    public void Run(Func<Task> work)
    {
        lock (_gate)
        {
            _running++;
        }

        _ = Task.Run(() => ObserveAsync(work));
    }

    /// <summary>Completes when nothing runs.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (_running == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    private async Task ObserveAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException)
        {
            // The stop.
        }
#pragma warning disable CA1031 // The end of a background task: whatever it was, it is told and the service goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DeliveryLog.BackgroundTaskFailed(logger, exception);
        }
        finally
        {
            Ended();
        }
    }

    private void Ended()
    {
        TaskCompletionSource? idle = null;
        lock (_gate)
        {
            if (--_running == 0)
            {
                idle = _idle;
                _idle = null;
            }
        }

        idle?.TrySetResult();
    }
}
