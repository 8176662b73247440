using Relay.Bench.Simulation;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The engine against receivers that behave as real ones do, in virtual time (bench/Simulation, in small).</summary>
public sealed class SimulationTests
{
    private static readonly SimulationOptions Small = new() { Recipients = 20_000, Domains = 300, Sources = 2, AcceptedPerSecond = 20_000 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_limit_is_exceeded_and_nothing_is_lost(int seed)
    {
        var result = new Simulation(Small with { Seed = seed, Hours = 24 }).Run();

        Assert.True(result.Violations == 0, result.ViolationText);
        Assert.Equal(result.Recipients, result.Delivered + result.Bounced + result.Open);
        Assert.InRange(result.Delivered, 19_000, 20_000);
        Assert.InRange(result.AttemptsPerRecipient, 1, 1.5);
        Assert.InRange(result.MostConnections, 1, 500);

        // Sign-ins do not stand behind the campaign, nor healthy domains behind dead, slow and limited ones.
        Assert.True(result.TimeInQueue[0].Median < result.TimeInQueue[2].Median);
        Assert.True(result.TimeInQueue[3].High < TimeSpan.FromMinutes(1), result.TimeInQueue[3].ToString());
    }

    [Fact]
    public void A_world_can_be_repeated_by_its_seed()
    {
        var options = Small with { Recipients = 3_000, Domains = 100, Hours = 2 };
        var (first, second) = (Text(options), Text(options));

        Assert.Equal(first, second);
        Assert.NotEqual(first, Text(options with { Seed = 3 }));
    }

    private static string Text(SimulationOptions options)
    {
        using var text = new StringWriter();
        new Simulation(options).Run().Print(text);
        return text.ToString();
    }
}
