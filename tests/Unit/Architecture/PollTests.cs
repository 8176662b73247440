using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class PollTests
{
    [Fact]
    public async Task A_machine_that_stood_still_between_two_looks_is_no_timeout()
    {
        var time = new ManualTimeProvider();
        var looks = 0;

        await Poll.UntilAsync(
            "the third look",
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(10));
                return Task.FromResult(++looks == 3);
            },
            time: time);

        Assert.Equal(3, looks);
    }

    [Fact]
    public async Task What_never_comes_true_ends_with_its_name()
    {
        var time = new ManualTimeProvider();

        var late = await Assert.ThrowsAsync<TimeoutException>(() => Poll.UntilAsync(
            "what never is",
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(4));
                return Task.FromResult(false);
            },
            TimeSpan.FromSeconds(10),
            time));

        Assert.Equal("not within 10 s: what never is", late.Message);
    }
}
