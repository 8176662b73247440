using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Messages on one connection, by whose they are and where they go.</summary>
public sealed class MessagesPerConnectionTests
{
    private static readonly QueueFlow Shop = new(7, "shop", MailStream.Broadcast, "spring");

    [Theory]
    [InlineData(LimitScope.Account, "7")]
    [InlineData(LimitScope.User, "shop")]
    [InlineData(LimitScope.Stream, "broadcast")]
    [InlineData(LimitScope.Tag, "spring")]
    [InlineData(LimitScope.Domain, "example.com")]
    [InlineData(LimitScope.Site, "example.com")]
    [InlineData(LimitScope.Account, "*")]
    [InlineData(LimitScope.Tag, "*")]
    [InlineData(LimitScope.Site, "*")]
    public async Task A_connection_carries_no_more_of_them_at_any_level(LimitScope scope, string name)
    {
        var kit = Kit((scope, name, 2));
        for (var i = 0; i < 5; i++)
        {
            await SendAsync(kit, Shop);
        }

        await kit.Background.WhenIdleAsync();
        Assert.Equal([2, 2, 1], kit.Peers.Sessions.Select(s => s.Sent));
        Assert.Equal([true, true, false], kit.Peers.Sessions.Select(s => s.HasQuit));
    }

    [Fact]
    public async Task Mail_of_others_goes_on_by_a_connection_that_has_carried_enough_of_ones()
    {
        var kit = Kit((LimitScope.Account, "7", 1));
        await SendAsync(kit, Shop);
        await SendAsync(kit, QueueFlow.Default);
        await SendAsync(kit, QueueFlow.Default);

        Assert.Equal([3], kit.Peers.Sessions.Select(s => s.Sent));
    }

    [Fact]
    public async Task Each_name_is_counted_for_itself_and_the_lowest_limit_holds()
    {
        var kit = Kit((LimitScope.Tag, "*", 2), (LimitScope.Account, "7", 3));
        foreach (var tag in new[] { "a", "b", "a", "b", "a" })
        {
            await SendAsync(kit, new QueueFlow(7, null, MailStream.Broadcast, tag));
        }

        Assert.Equal([3, 2], kit.Peers.Sessions.Select(s => s.Sent));
    }

    [Fact]
    public async Task One_message_in_several_transactions_changes_the_connection_between_them()
    {
        var kit = Kit((LimitScope.User, "shop", 2), (LimitScope.User, "other", 1));
        var result = await SendAsync(kit, Shop, ["a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com"], recipientsEach: 1);

        Assert.Equal([2, 2, 1], kit.Peers.Sessions.Select(s => s.Sent));
        Assert.All(result.Outcomes, o => Assert.Equal(OutcomeKind.Delivered, o.Outcome.Kind));
        Assert.Equal(1, kit.Pool.TotalIdle);
    }

    [Fact]
    public async Task Connections_that_are_used_up_do_not_pile_up()
    {
        var kit = Kit((LimitScope.Tag, "*", 1));
        for (var i = 0; i < 20; i++)
        {
            await SendAsync(kit, Shop);
            Assert.Equal(1, kit.Pool.TotalIdle);
        }
    }

    [Fact]
    public async Task A_connection_counts_a_bounded_number_of_names()
    {
        var kit = Kit((LimitScope.Tag, "*", 1));
        for (var i = 0; i < 1_001; i++)
        {
            await SendAsync(kit, new QueueFlow(1, null, MailStream.Broadcast, $"t{i}"), perConnection: 100_000);
        }

        Assert.Equal([1_000, 1], kit.Peers.Sessions.Select(s => s.Sent));
    }

    [Fact]
    public async Task The_way_of_a_mail_tells_the_limits_it_shares_and_where_they_were_set()
    {
        var kit = Kit((LimitScope.Account, "7", 5), (LimitScope.Tag, "*", 4), (LimitScope.User, "other", 3), (LimitScope.Site, "example.com", 2));
        kit.Zone.Mx("example.com", (10, "mx.example.com")).Address("mx.example.com", "192.0.2.1");
        var question = new RouteQuestion(Mailbox.Parse("a@example.com"), null, "shop", ["spring", "sale"], AccountId: 7, MailStream.Broadcast);
        var shown = await new RouteExplainer(kit.Options, kit.Rules, kit.Routes, kit.EgressPools, kit.Sources, kit.Families, new Random(1)).ExplainAsync(question, CancellationToken.None);

        Assert.Equal(
            [
                new("max_messages_per_connection", "2", "limits.site.\"example.com\""),
                new("max_messages_per_connection of account 7", "5", "limits.account.\"7\""),
                new("max_messages_per_connection of tag spring", "4", "limits.tag.\"*\""),
                new LimitExplanation("max_messages_per_connection of site example.com", "2", "limits.site.\"example.com\""),
            ],
            shown.Limits.Where(l => l.Name.StartsWith("max_messages", StringComparison.Ordinal)));
    }

    private static DeliveryKit Kit(params (LimitScope Scope, string Name, int Max)[] limits) => new(new DeliveryOptions
    {
        Hostname = "relay.example.org",
        Limits = limits.GroupBy(l => l.Scope).ToDictionary(
            g => g.Key, g => (IReadOnlyDictionary<string, ThrottleOptions>)g.ToDictionary(l => l.Name, l => new ThrottleOptions { MaxMessagesPerConnection = l.Max })),
    });

    private static async Task<AttemptResult> SendAsync(
        DeliveryKit kit, QueueFlow flow, IReadOnlyList<string>? recipients = null, int recipientsEach = 100, int perConnection = 100)
    {
        kit.Zone.Mx("example.com", (10, "mx.example.com")).Address("mx.example.com", "192.0.2.1");
        var route = await kit.Routes.ResolveAsync("example.com", CancellationToken.None);
        var task = kit.Task(recipients ?? ["a@example.com"], message: m => m with
        {
            AccountId = flow.AccountId,
            User = flow.User,
            Stream = flow.Stream,
            Tags = flow.Tag is null ? [] : [flow.Tag],
        });
        var limits = route.Site.Limits with
        {
            MaxRecipientsPerTransaction = new Limit<int>(recipientsEach, "test"),
            MaxMessagesPerConnection = route.Site.Limits.MaxMessagesPerConnection.Value < 100 ? route.Site.Limits.MaxMessagesPerConnection : new Limit<int>(perConnection, "test"),
        };
        route = route with { Site = route.Site with { Limits = limits } };
        var job = kit.Job(task, route) with { Throttles = kit.Dispatcher.Throttles.OfFlow(flow, "example.com", kit.Clock.Now) };
        return await kit.Attempt.RunAsync(job, kit.QueueFor(route), CancellationToken.None);
    }
}
