using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every store of TLS sessions promises; derive once per store.</summary>
public abstract class TlsReportStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateOnly Day = new(2026, 11, 30);

    private static readonly TlsSessionCount Failure = new()
    {
        Day = Day,
        Domain = "example.com",
        Policy = TlsPolicyKind.MtaSts,
        Result = TlsSessionResult.CertificateExpired,
        MailHost = "mx.example.com",
        ReceivingAddress = "192.0.2.1",
        SendingAddress = "192.0.2.2",
        Detail = "first",
    };

    private static readonly TlsSessionCount Success = new() { Day = Day, Domain = "example.com", Policy = TlsPolicyKind.MtaSts, Result = TlsSessionResult.Success };

    protected ITlsReportStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<ITlsReportStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Adds_up_what_went_the_same_way()
    {
        await Store.AddAsync([Failure, Success with { Sessions = 5 }], None);
        await Store.AddAsync([Failure with { Sessions = 2, Detail = "last" }, Success, Failure with { MailHost = "mx2.example.com" }], None);

        var counts = await Store.ReadAsync(Day, "example.com", None);
        Assert.Equal(
            [Success with { Sessions = 6 }, Failure with { Sessions = 3, Detail = "last" }, Failure with { MailHost = "mx2.example.com" }],
            counts.OrderBy(count => count.Result).ThenBy(count => count.MailHost, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Keeps_domains_and_days_apart()
    {
        await Store.AddAsync(
            [Success, Success with { Domain = "example.net" }, Success with { Domain = "a.example" }, Success with { Day = Day.AddDays(1), Domain = "b.example" }], None);

        Assert.Equal(["a.example", "example.com", "example.net"], await Store.DomainsAsync(Day, null, 10, None));
        Assert.Equal(["example.com"], await Store.DomainsAsync(Day, "a.example", 1, None));
        Assert.Equal(["b.example"], await Store.DomainsAsync(Day.AddDays(1), null, 10, None));
        Assert.Empty(await Store.ReadAsync(Day.AddDays(1), "example.com", None));
    }

    [Fact]
    public async Task Forgets_days_that_are_over_for_long()
    {
        await Store.AddAsync([Success], None);
        await Store.AddAsync([Success with { Day = Day.AddDays(ITlsReportStore.Days - 1) }], None);
        Assert.Single(await Store.ReadAsync(Day, "example.com", None));

        await Store.AddAsync([Success with { Day = Day.AddDays(ITlsReportStore.Days) }], None);

        Assert.Empty(await Store.ReadAsync(Day, "example.com", None));
    }

    [Fact]
    public async Task Tells_a_bounded_number_of_hosts_apart_and_loses_no_session()
    {
        var many = Enumerable.Range(0, ITlsReportStore.MaxDetails + 50).Select(i => Failure with { MailHost = $"mx{i}.example.com" }).ToList();
        await Store.AddAsync(many, None);
        await Store.AddAsync([Success, many[0]], None);

        var counts = await Store.ReadAsync(Day, "example.com", None);
        Assert.Equal(ITlsReportStore.MaxDetails + 2, counts.Count);
        Assert.Equal(many.Count + 2, counts.Sum(count => count.Sessions));
        Assert.Equal(50, counts.Single(count => count.MailHost.Length == 0 && count.Result == TlsSessionResult.CertificateExpired).Sessions);
    }
}
