using Microsoft.Extensions.Logging.Abstractions;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class QueueBoundTests
{
    [Fact]
    public async Task Closes_the_door_above_the_bound_and_opens_it_again()
    {
        var kit = new IntakeKit();
        var options = new IntakeOptions { Hostname = IntakeKit.Hostname, MaxWaitingRecipients = 1 };
        using var bound = new QueueBound(kit.Store, options, kit.Time, NullLogger<QueueBound>.Instance);
        var intake = new MessageIntake(
            kit.Spool, kit.Store, kit.Suppressions, kit.Dispatch, options, kit.Time, NullLogger<MessageIntake>.Instance, bound: bound);

        var accepted = await kit.AcceptAsync(IntakeKit.Plain, "a@example.net", "b@example.net");
        await bound.LookAsync(CancellationToken.None);
        Assert.False(intake.Health.IsHealthy);
        Assert.Equal("2 recipients wait, the bound is 1", intake.Health.Reason);

        await kit.Store.ApplyAsync(QueueAction.Cancel, new QueueCriteria { MessageId = accepted.Id, Actor = "test" }, CancellationToken.None);
        await bound.LookAsync(CancellationToken.None);
        Assert.True(intake.Health.IsHealthy);
    }
}
