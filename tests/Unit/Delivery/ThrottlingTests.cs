using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ConcurrencyWindowTests
{
    [Fact]
    public void Starts_low_and_grows_by_one_for_a_full_round_of_successes()
    {
        var window = new ConcurrencyWindow(20);
        Assert.Equal(5, window.Allowed);

        for (var i = 0; i < 6; i++)
        {
            window.Succeeded();
        }

        Assert.Equal(6, window.Allowed);
    }

    [Fact]
    public void Never_exceeds_its_maximum()
    {
        var window = new ConcurrencyWindow(3);
        for (var i = 0; i < 1000; i++)
        {
            window.Succeeded();
        }

        Assert.Equal(3, window.Allowed);
    }

    [Fact]
    public void One_broken_connection_in_a_thousand_costs_a_moment()
    {
        var window = new ConcurrencyWindow(20);
        long sum = 0;
        for (var i = 0; i < 50_000; i++)
        {
            if (i % 1000 == 999)
            {
                window.Failed();
            }
            else
            {
                window.Succeeded();
            }

            sum += window.Allowed;
        }

        Assert.InRange(sum / 50_000.0, 17, 20);
    }

    [Fact]
    public void Halves_on_failure_and_keeps_one()
    {
        var window = new ConcurrencyWindow(20);
        window.Failed();
        Assert.Equal(2, window.Allowed);
        window.Failed();
        window.Failed();
        window.Failed();
        Assert.Equal(1, window.Allowed);
    }
}

public sealed class SuspensionsTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Suspensions _suspensions = new(new SuspensionOptions { Failures = 3, First = TimeSpan.FromMinutes(1), Longest = TimeSpan.FromMinutes(3) });

    [Fact]
    public void Only_failures_in_a_row_suspend()
    {
        Assert.False(_suspensions.Failed(Now, "a"));
        Assert.False(_suspensions.Failed(Now, "b"));
        _suspensions.Succeeded();
        Assert.False(_suspensions.Failed(Now, "c"));
        Assert.Null(_suspensions.Current);
    }

    [Fact]
    public void Says_since_when_until_when_and_why()
    {
        Suspend();

        Assert.Equal(new SuspensionInfo(Now, Now.AddMinutes(1), "connection refused"), _suspensions.Current);
        Assert.True(_suspensions.IsSuspended(Now));
        Assert.True(_suspensions.IsProbing(Now.AddMinutes(1)));
    }

    [Fact]
    public void Another_interval_holds_from_the_next_suspension_on()
    {
        Suspend();
        var before = _suspensions.Current;

        _suspensions.Change(new SuspensionOptions { Failures = 1, First = TimeSpan.FromMinutes(7), Longest = TimeSpan.FromMinutes(7) });
        Assert.Equal(before, _suspensions.Current);

        Assert.True(_suspensions.Failed(Now.AddMinutes(1), "again"));
        Assert.Equal(Now.AddMinutes(8), _suspensions.Current!.Until);
    }

    [Fact]
    public void A_failed_probe_doubles_the_time_up_to_the_longest()
    {
        Suspend();
        var probe = Now.AddMinutes(1);
        Assert.True(_suspensions.Failed(probe, "again"));
        Assert.Equal(probe.AddMinutes(2), _suspensions.Current!.Until);
        probe = _suspensions.Current.Until;
        Assert.True(_suspensions.Failed(probe, "again"));
        Assert.Equal(probe.AddMinutes(3), _suspensions.Current.Until);
        Assert.Equal(Now, _suspensions.Current.Since);
    }

    [Fact]
    public void Connections_that_fail_during_a_suspension_do_not_prolong_it()
    {
        Suspend();

        Assert.False(_suspensions.Failed(Now.AddSeconds(30), "late"));
        Assert.Equal(Now.AddMinutes(1), _suspensions.Current!.Until);
    }

    [Fact]
    public void A_success_ends_it_and_the_next_one_starts_short()
    {
        Suspend();
        _suspensions.Failed(Now.AddMinutes(1), "probe");
        _suspensions.Succeeded();
        Assert.Null(_suspensions.Current);

        Suspend();
        Assert.Equal(Now.AddMinutes(1), _suspensions.Current!.Until);
    }

    private void Suspend()
    {
        for (var i = 0; i < 3; i++)
        {
            _suspensions.Failed(Now, "connection refused");
        }
    }
}

public sealed class RateMeterTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Spreads_tokens_over_the_period()
    {
        var meter = new RateMeter(new MessageRate(10, TimeSpan.FromSeconds(1)));

        Assert.True(meter.TryTake(Now));
        Assert.False(meter.TryTake(Now));
        Assert.Equal(Now.AddMilliseconds(100), meter.NextAt(Now));
        Assert.True(meter.TryTake(Now.AddMilliseconds(100)));
    }

    [Fact]
    public void Tells_how_many_tokens_a_span_brings()
    {
        var meter = new RateMeter(new MessageRate(10, TimeSpan.FromSeconds(1)));

        Assert.Equal(1, meter.AvailableBy(Now, Now));
        Assert.Equal(3, meter.AvailableBy(Now, Now.AddMilliseconds(200)));
        meter.TryTake(Now);
        Assert.Equal(0, meter.AvailableBy(Now, Now));
        Assert.Equal(2, meter.AvailableBy(Now, Now.AddMilliseconds(200)));
    }

    [Fact]
    public void One_an_hour_is_one_an_hour()
    {
        var meter = new RateMeter(new MessageRate(1, TimeSpan.FromHours(1)));

        Assert.True(meter.TryTake(Now));
        Assert.False(meter.TryTake(Now.AddMinutes(59)));
        Assert.True(meter.TryTake(Now.AddHours(1)));
    }

    [Theory]
    [InlineData("20/s", 20, 1)]
    [InlineData("500/m", 500, 60)]
    [InlineData("1000 / h", 1000, 3600)]
    [InlineData("1/d", 1, 86400)]
    public void Rates_are_read_from_text(string text, int count, int seconds)
    {
        Assert.True(MessageRate.TryParse(text, out var rate));
        Assert.Equal(new MessageRate(count, TimeSpan.FromSeconds(seconds)), rate);
    }

    [Theory]
    [InlineData("")]
    [InlineData("20")]
    [InlineData("/s")]
    [InlineData("0/s")]
    [InlineData("-1/s")]
    [InlineData("20/w")]
    [InlineData("1.5/s")]
    public void Nonsense_is_no_rate(string text) => Assert.False(MessageRate.TryParse(text, out _));
}
