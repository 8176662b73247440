using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class BackgroundLoopTests
{
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongRest = TimeSpan.FromMinutes(10);

    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Exception> _told = [];
    private int _rounds;

    [Fact]
    public async Task Rests_between_rounds_and_longer_after_trouble()
    {
        var loop = Run(_ => ++_rounds == 2 ? throw new IOException("no disk") : ValueTask.FromResult(Rest));
        Assert.Equal(1, _rounds);

        await AdvanceAsync(Rest);
        Assert.Equal((2, "no disk"), (_rounds, Assert.Single(_told).Message));

        await AdvanceAsync(LongRest - Rest);
        Assert.Equal(2, _rounds);

        await AdvanceAsync(Rest);
        Assert.Equal(3, _rounds);
        await StopAsync(loop);
    }

    [Fact]
    public async Task Ends_quietly_in_the_middle_of_a_round()
    {
        var loop = Run(async token =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
            return Rest;
        });
        await StopAsync(loop);
        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_cancelled_call_is_trouble_while_the_server_runs()
    {
        var loop = Run(_ => ++_rounds == 1 ? throw new TaskCanceledException("timeout") : ValueTask.FromResult(Rest));
        Assert.Single(_told);
        await StopAsync(loop);
    }

    private Task Run(Func<CancellationToken, ValueTask<TimeSpan>> round) => BackgroundLoop.RunAsync(round, Failed, _time, _stop.Token);

    private TimeSpan Failed(Exception trouble)
    {
        _told.Add(trouble);
        return LongRest;
    }

    // The loop goes on in another thread: it is back at its rest when a timer waits.
    private async Task AdvanceAsync(TimeSpan step)
    {
        _time.Advance(step);
        await _time.WaitForTimersAsync(1).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private async Task StopAsync(Task loop)
    {
        await _stop.CancelAsync();
        await loop.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
