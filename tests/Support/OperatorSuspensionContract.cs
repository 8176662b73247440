using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every store of operators' suspensions does.</summary>
public abstract class OperatorSuspensionContract
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    protected abstract IOperatorSuspensionStore Store { get; }

    [Fact]
    public async Task Keeps_what_is_added_until_it_is_over_or_removed()
    {
        var forever = await Store.AddAsync(Of(LimitScope.Domain, "example.net"), CancellationToken.None);
        var brief = await Store.AddAsync(Of(LimitScope.Tag, "spring") with { Until = Now.AddHours(1) }, CancellationToken.None);

        Assert.Equal([forever, brief], await Store.ListAsync(Now, CancellationToken.None));
        Assert.Equal([forever], await Store.ListAsync(Now.AddHours(1), CancellationToken.None));
        Assert.True(await Store.RemoveAsync(forever.Id, CancellationToken.None));
        Assert.False(await Store.RemoveAsync(forever.Id, CancellationToken.None));
        Assert.Equal([brief], await Store.ListAsync(Now, CancellationToken.None));
    }

    [Fact]
    public async Task A_second_one_of_the_same_name_takes_the_place_of_the_first()
    {
        await Store.AddAsync(Of(LimitScope.Site, "google"), CancellationToken.None);
        var second = await Store.AddAsync(Of(LimitScope.Site, "google") with { Reason = "better", Since = Now.AddMinutes(1) }, CancellationToken.None);

        Assert.Equal([second], await Store.ListAsync(Now, CancellationToken.None));
    }

    private static OperatorSuspension Of(LimitScope scope, string name) =>
        new() { Scope = scope, Name = name, Reason = "because", Actor = "ann", Since = Now };
}
