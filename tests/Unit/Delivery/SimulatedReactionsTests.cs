using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SimulatedReactionsTests
{
    [Fact]
    public async Task Opens_and_complaints_follow_a_moment_after_the_delivery()
    {
        var kit = new DeliveryKit();
        kit.Store.Add("simulator.relay.test", kit.Task(["open+1@simulator.relay.test", "complaint@simulator.relay.test", "delivered@simulator.relay.test"]));
        using var service = kit.NewService();

        await service.StartAsync(CancellationToken.None);
        await kit.Store.EndedAsync(1);
        var events = await EventsAsync(kit, 2);
        await service.StopAsync(CancellationToken.None);

        Assert.All(kit.Store.Settled[0].Recipients, recipient => Assert.Equal(RecipientState.Delivered, recipient.State));
        Assert.Equal(
            [(DeliveryEventKind.Opened, "open+1@simulator.relay.test", (bool?)false), (DeliveryEventKind.Complained, "complaint@simulator.relay.test", null)],
            events.Select(e => (e.Kind, e.Recipient!, e.IsMachine)));
        Assert.All(events, e => Assert.True(e.At >= kit.Store.Settled[0].Recipients[0].Event.At + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Nobody_reacts_elsewhere()
    {
        var kit = new DeliveryKit(new Relay.Delivery.DeliveryOptions
        {
            Hostname = "relay.example.org",
            Routes = new Dictionary<string, Relay.Delivery.RouteOptions> { ["*"] = new() { Kind = Relay.Delivery.RouteKind.Discard } },
        });
        kit.Store.Add("example.com", kit.Task(["complaint@example.com"]));
        using var service = kit.NewService();

        await service.StartAsync(CancellationToken.None);
        await kit.Store.EndedAsync(1);
        await service.StopAsync(CancellationToken.None);

        Assert.Equal(0, kit.Background.Count);
        Assert.Empty(await kit.Outbox.ReadAsync(0, 10, CancellationToken.None));
    }

    private static async Task<IReadOnlyList<DeliveryEvent>> EventsAsync(DeliveryKit kit, int count)
    {
        var added = new SemaphoreSlim(0);
        kit.Outbox.EventsAdded += () => added.Release();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var events = await kit.Outbox.ReadAsync(0, 10, CancellationToken.None);
            if (events.Count >= count)
            {
                return events;
            }

            // The reaction may not yet wait for the clock: it is moved until the events are there.
            kit.Clock.Advance(TimeSpan.FromSeconds(1));
            await added.WaitAsync(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }
}
