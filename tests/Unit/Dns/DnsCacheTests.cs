using System.Net;
using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public class DnsCacheTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTimeProvider _time = new();
    private readonly ZoneTable _zone = new();

    [Fact]
    public async Task Answers_again_without_asking_in_any_case_of_letters()
    {
        var cache = NewCache();
        _zone.Mx("example.com", 10, "mx.example.com");

        await cache.LookupMxAsync("example.com", None);
        var answer = await cache.LookupMxAsync("Example.COM", None);

        Assert.Equal("mx.example.com", Assert.Single(answer.Records).Exchange);
        Assert.Single(_zone.Lookups);
    }

    [Fact]
    public async Task A_cached_answer_costs_no_allocation()
    {
        var cache = NewCache();
        _zone.Mx("example.com", 10, "mx.example.com");
        await cache.LookupMxAsync("example.com", None);
        await cache.LookupMxAsync("example.com", None);

        // All that follows completes at once, so it stays on this thread.
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            await cache.LookupMxAsync("example.com", None);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public async Task Types_of_a_name_are_kept_apart()
    {
        var cache = NewCache();
        _zone.Mx("example.com", 10, "mx.example.com").Txt("example.com", "text").Address("example.com", "192.0.2.1");

        await cache.LookupMxAsync("example.com", None);

        Assert.Equal("text", (await cache.LookupTxtAsync("example.com", None)).Records[0].Text);
        Assert.Single((await cache.LookupAddressesAsync("example.com", None)).Records);
        Assert.Equal(DnsStatus.NoData, (await cache.LookupTlsaAsync("example.com", None)).Status);
        Assert.Equal(4, _zone.Lookups.Count);
    }

    [Fact]
    public async Task Names_of_addresses_are_kept()
    {
        var cache = NewCache();
        _zone.Ptr("192.0.2.1", "mx.example.com");

        await cache.LookupPtrAsync(IPAddress.Parse("192.0.2.1"), None);
        await cache.LookupPtrAsync(IPAddress.Parse("192.0.2.1"), None);

        Assert.Single(_zone.Lookups);
    }

    [Fact]
    public async Task Tells_what_is_left_of_the_lifetime_and_asks_again_when_it_ends()
    {
        var cache = NewCache();
        _zone.TimeToLive = TimeSpan.FromMinutes(5);
        _zone.Mx("example.com", 10, "mx.example.com");
        await cache.LookupMxAsync("example.com", None);

        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(TimeSpan.FromMinutes(1), (await cache.LookupMxAsync("example.com", None)).TimeToLive);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromMinutes(5), (await cache.LookupMxAsync("example.com", None)).TimeToLive);

        Assert.Equal(2, _zone.Lookups.Count);
    }

    [Theory]
    [InlineData(DnsStatus.Success, 24 * 3600)]
    [InlineData(DnsStatus.NoData, 3600)]
    [InlineData(DnsStatus.NoSuchDomain, 3600)]
    [InlineData(DnsStatus.ServerFailure, 5)]
    [InlineData(DnsStatus.Timeout, 5)]
    public async Task Lifetimes_are_capped_by_what_was_found(DnsStatus status, int seconds)
    {
        var cache = NewCache();
        _zone.TimeToLive = TimeSpan.FromDays(30);
        _ = status == DnsStatus.Success ? _zone.Mx("example.com", 10, "mx.example.com") : _zone.Fails("example.com", status);

        var answer = await cache.LookupMxAsync("example.com", None);
        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        await cache.LookupMxAsync("example.com", None);
        Assert.Single(_zone.Lookups);
        _time.Advance(TimeSpan.FromTicks(1));
        await cache.LookupMxAsync("example.com", None);

        Assert.Equal(TimeSpan.FromSeconds(seconds), answer.TimeToLive);
        Assert.Equal(2, _zone.Lookups.Count);
    }

    [Fact]
    public async Task A_lifetime_of_zero_is_not_kept()
    {
        var cache = NewCache();
        _zone.TimeToLive = TimeSpan.Zero;
        _zone.Mx("example.com", 10, "mx.example.com");

        await cache.LookupMxAsync("example.com", None);
        await cache.LookupMxAsync("example.com", None);

        Assert.Equal(2, _zone.Lookups.Count);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task The_least_recently_used_answer_goes_first()
    {
        var cache = NewCache(entries: 2);
        await cache.LookupMxAsync("a.test", None);
        await cache.LookupMxAsync("b.test", None);
        await cache.LookupMxAsync("a.test", None);
        await cache.LookupMxAsync("c.test", None);

        await cache.LookupMxAsync("a.test", None);
        Assert.Equal(["MX a.test", "MX b.test", "MX c.test"], _zone.Lookups);
        await cache.LookupMxAsync("b.test", None);

        Assert.Equal(4, _zone.Lookups.Count);
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public async Task Large_answers_take_more_room()
    {
        var cache = NewCache(entries: 10);
        _zone.Txt("large.test", new string('x', 4000)).Txt("huge.test", new string('x', 40000));
        await cache.LookupMxAsync("a.test", None);
        await cache.LookupMxAsync("b.test", None);
        await cache.LookupMxAsync("c.test", None);

        await cache.LookupTxtAsync("large.test", None);
        Assert.Equal(3, cache.Count);
        await cache.LookupTxtAsync("huge.test", None);

        Assert.Equal(3, cache.Count);
    }

    [Fact]
    public async Task A_cache_without_room_still_answers()
    {
        var cache = NewCache(entries: 0);
        _zone.Mx("example.com", 10, "mx.example.com");

        Assert.True((await cache.LookupMxAsync("example.com", None)).IsSuccess);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task Lookups_at_the_same_time_share_one_query()
    {
        var slow = new HeldResolver();
        var cache = new DnsCache(slow, 100, _time);

        var first = cache.LookupMxAsync("example.com", None).AsTask();
        var second = cache.LookupMxAsync("EXAMPLE.com", None).AsTask();
        Assert.Equal(1, slow.Queries);
        slow.Answer.SetResult(new DnsAnswer<MxRecord>(DnsStatus.Success, [new MxRecord(10, "mx.example.com")]));

        Assert.True((await first).IsSuccess);
        Assert.True((await second).IsSuccess);
    }

    [Fact]
    public async Task A_caller_that_cancels_leaves_the_others_alone()
    {
        var slow = new HeldResolver();
        var cache = new DnsCache(slow, 100, _time);
        using var cancellation = new CancellationTokenSource();

        var impatient = cache.LookupMxAsync("example.com", cancellation.Token).AsTask();
        var patient = cache.LookupMxAsync("example.com", None).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        Assert.False(patient.IsCompleted);
        slow.Answer.SetResult(new DnsAnswer<MxRecord>(DnsStatus.NoData, []));

        Assert.Equal(DnsStatus.NoData, (await patient).Status);
    }

    [Fact]
    public async Task A_resolver_that_breaks_is_asked_again_by_the_next()
    {
        var broken = new HeldResolver();
        var cache = new DnsCache(broken, 100, _time);
        broken.Answer.SetException(new InvalidOperationException("broken"));

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await cache.LookupMxAsync("example.com", None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await cache.LookupMxAsync("example.com", None));

        Assert.Equal(2, broken.Queries);
    }

    private DnsCache NewCache(int entries = 100) => new(_zone, entries, _time);

    /// <summary>Answers MX lookups when the test says so.</summary>
    private sealed class HeldResolver : IDnsResolver
    {
        public TaskCompletionSource<DnsAnswer<MxRecord>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Queries { get; private set; }

        public ValueTask<DnsAnswer<MxRecord>> LookupMxAsync(string name, CancellationToken cancellationToken)
        {
            Queries++;
            return new ValueTask<DnsAnswer<MxRecord>>(Answer.Task);
        }

        public ValueTask<DnsAnswer<AddressRecord>> LookupAddressesAsync(string name, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<DnsAnswer<TlsaRecord>> LookupTlsaAsync(string name, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<DnsAnswer<PtrRecord>> LookupPtrAsync(IPAddress address, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
