using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class FairQueueTests
{
    private readonly DeliveryKit _kit = new();
    private readonly Route _route = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx.example.com"));
    private readonly SiteQueue _site;
    private readonly FairQueue _queue = new();

    public FairQueueTests() => _site = _kit.QueueFor(_route);

    [Fact]
    public void A_large_sender_does_not_delay_a_small_one()
    {
        AddMany(1000, account: 1);
        Add(account: 2);

        Assert.Contains(Take(3), j => j.Task.Message.AccountId == 2);
    }

    [Fact]
    public void Transactional_mail_has_four_shares_and_broadcast_still_flows()
    {
        AddMany(400, account: 1, stream: MailStream.Broadcast);
        AddMany(400, account: 1);

        var taken = Take(100);

        Assert.InRange(taken.Count(j => j.Task.Message.Stream == MailStream.Transactional), 78, 82);
    }

    [Fact]
    public void Campaigns_of_one_account_share_what_the_account_has()
    {
        for (var i = 0; i < 20; i++)
        {
            AddMany(10, account: 1, tag: $"campaign {i}");
        }

        AddMany(100, account: 2);

        var taken = Take(100);

        Assert.InRange(taken.Count(j => j.Task.Message.AccountId == 2), 48, 52);
        Assert.All(taken.Where(j => j.Task.Message.AccountId == 1).GroupBy(j => j.Task.Message.Tags[0]), g => Assert.InRange(g.Count(), 1, 4));
    }

    [Fact]
    public void High_priority_goes_first_within_its_flow_but_takes_nobody_elses_turn()
    {
        AddMany(10, account: 1, priority: MessagePriority.Low);
        AddMany(10, account: 1, priority: MessagePriority.High);
        AddMany(10, account: 2);

        var taken = Take(10);

        Assert.All(taken.Where(j => j.Task.Message.AccountId == 1), j => Assert.Equal(MessagePriority.High, j.Task.Message.Priority));
        Assert.InRange(taken.Count(j => j.Task.Message.AccountId == 2), 4, 6);
    }

    [Fact]
    public void Whoever_has_work_all_the_time_gets_a_share_by_weight_within_one_job()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var queue = new FairQueue();
            var owners = Enumerable.Range(1, random.Next(2, 8)).Select(a => (Account: (long)a, Stream: (MailStream)random.Next(2))).ToList();
            foreach (var (account, stream) in owners)
            {
                for (var i = 0; i < 300; i++)
                {
                    queue.Add(Job(account, stream, recipients: random.Next(1, 5)), Flow(account, stream, null));
                }
            }

            var served = owners.ToDictionary(o => o, _ => 0.0);
            for (var i = 0; i < 250; i++)
            {
                var job = queue.TryTake(_site, _kit.Clock.Now)!;
                var owner = (job.Task.Message.AccountId, job.Task.Message.Stream);
                served[owner] += job.Task.Recipients.Count / (owner.Stream == MailStream.Transactional ? (double)FairQueue.TransactionalWeight : 1);

                // A job has at most 4 recipients: nobody is ever ahead of another by more than one such job of each.
                Assert.True(served.Values.Max() - served.Values.Min() <= 8, $"seed {seed}");
            }
        }
    }

    [Fact]
    public void A_single_job_again_and_again_earns_no_more_than_its_share()
    {
        AddMany(200, account: 1);
        var second = 0;
        Add(account: 2);
        for (var i = 0; i < 100; i++)
        {
            var job = Assert.Single(Take(1));
            if (job.Task.Message.AccountId == 2)
            {
                second++;
                Add(account: 2);
            }
        }

        Assert.InRange(second, 48, 52);
    }

    [Fact]
    public void A_flow_that_waits_for_its_limit_is_passed_over()
    {
        var slow = new Throttle(LimitScope.Account, "account 1", "test", new ThrottleOptions { MessageRate = new MessageRate(1, TimeSpan.FromMinutes(1)) });
        for (var i = 0; i < 10; i++)
        {
            _queue.Add(Job(1) with { Throttles = [slow] }, Flow(1, MailStream.Transactional, null));
        }

        slow.Take(_kit.Clock.Now, 1);
        AddMany(5, account: 2);

        Assert.All(Take(5), j => Assert.Equal(2, j.Task.Message.AccountId));
        Assert.Null(_queue.TryTake(_site, _kit.Clock.Now));
        Assert.Equal(_kit.Clock.Now.AddMinutes(1), _queue.NextAt(_site, _kit.Clock.Now));
        _kit.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(_queue.TryTake(_site, _kit.Clock.Now));
    }

    private static QueueFlow Flow(long account, MailStream stream, string? tag) => new(account, null, stream, tag);

    private DeliveryJob Job(
        long account, MailStream stream = MailStream.Transactional, string? tag = null, MessagePriority priority = MessagePriority.Normal, int recipients = 1)
    {
        var task = _kit.Task(
            [.. Enumerable.Range(0, recipients).Select(i => $"r{i}@example.com")],
            message: m => m with { AccountId = account, Stream = stream, Tags = tag is null ? [] : [tag], Priority = priority });
        return new DeliveryJob(task, _route, _kit.Clock.Now, 0);
    }

    private void Add(long account, MailStream stream = MailStream.Transactional, string? tag = null, MessagePriority priority = MessagePriority.Normal) =>
        _queue.Add(Job(account, stream, tag, priority), Flow(account, stream, tag));

    private void AddMany(
        int count, long account, MailStream stream = MailStream.Transactional, string? tag = null, MessagePriority priority = MessagePriority.Normal)
    {
        for (var i = 0; i < count; i++)
        {
            Add(account, stream, tag, priority);
        }
    }

    private List<DeliveryJob> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => _queue.TryTake(_site, _kit.Clock.Now)).OfType<DeliveryJob>()];
}
