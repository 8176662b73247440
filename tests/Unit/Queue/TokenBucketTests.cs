using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TokenBucketTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TokenRate TwoASecond = TokenRate.Of(2, TimeSpan.FromSeconds(1));

    [Fact]
    public void A_new_one_is_full_and_fills_evenly()
    {
        var bucket = default(TokenBucket);
        Assert.Equal([true, true, false], Take(ref bucket, TwoASecond, Now, 3));

        Assert.Equal(Now.AddSeconds(0.5), bucket.NextAt(TwoASecond, Now));
        Assert.Equal([true, false], Take(ref bucket, TwoASecond, Now.AddSeconds(0.5), 2));
        Assert.Equal((0, 1, 2), (Left(bucket, 0.5), Left(bucket, 1), Left(bucket, 99)));
        Assert.True(bucket.IsFull(Now.AddSeconds(1.5)));
    }

    [Fact]
    public void A_rate_that_does_not_divide_the_period_is_never_exceeded()
    {
        var rate = TokenRate.Of(3, TimeSpan.FromSeconds(1));
        var bucket = default(TokenBucket);
        Take(ref bucket, rate, Now, 3);

        Assert.Equal([true, true, false], Take(ref bucket, rate, Now.AddSeconds(1), 3));
    }

    [Fact]
    public void A_clock_set_back_and_a_rate_made_smaller_lock_nobody_out()
    {
        var bucket = default(TokenBucket);
        Take(ref bucket, TokenRate.Of(1_000, TimeSpan.FromMinutes(1)), Now, 1_000);

        var earlier = Now.AddHours(-5);
        Assert.Equal(earlier.AddSeconds(0.5), bucket.Within(TwoASecond, earlier).NextAt(TwoASecond, earlier));
    }

    [Fact]
    public void What_is_overdrawn_comes_back_first()
    {
        var bucket = default(TokenBucket).Spend(TwoASecond, Now, 50);
        Assert.Equal(Now.AddSeconds(24.5), bucket.NextAt(TwoASecond, Now));

        bucket = bucket.Within(TwoASecond, Now, debt: 4);
        Assert.Equal(Now.AddSeconds(2.5), bucket.NextAt(TwoASecond, Now));
    }

    private static int Left(TokenBucket bucket, double seconds) => bucket.AvailableBy(TwoASecond, Now.AddSeconds(seconds), Now.AddSeconds(seconds));

    private static bool[] Take(ref TokenBucket bucket, TokenRate rate, DateTimeOffset now, int times)
    {
        var taken = new bool[times];
        for (var i = 0; i < times; i++)
        {
            bucket = bucket.Take(rate, now, out taken[i]);
        }

        return taken;
    }
}
