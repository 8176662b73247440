using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every store of aggregate reports promises; derive once per store.</summary>
public abstract class AggregateReportStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset At = new(2026, 11, 30, 0, 0, 0, TimeSpan.Zero);

    protected IAggregateReportStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<IAggregateReportStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Keeps_a_report_with_its_rows_once()
    {
        var report = Report("1", "example.com");
        Assert.True(await Store.AddAsync(report, At, None));
        Assert.False(await Store.AddAsync(report, At.AddDays(1), None));
        var listed = Assert.Single(await Store.ListAsync(null, null, null, 10, None));
        Assert.Empty(listed.Report.Rows);
        var found = await Store.FindAsync(listed.Id, None);
        Assert.Equal(report.Rows, found!.Report.Rows);
        Assert.Equal((At, report.Total, report.Passed, report.Begins), (found.ReceivedAt, found.Report.Total, found.Report.Passed, found.Report.Begins));
        Assert.Null(await Store.FindAsync(listed.Id + 1, None));
    }

    [Fact]
    public async Task Lists_newest_first_by_domain_and_kind_in_pages()
    {
        await Store.AddAsync(Report("1", "example.com"), At, None);
        await Store.AddAsync(Report("2", "example.org"), At, None);
        await Store.AddAsync(Report("3", "example.com") with { Kind = ReportKind.TlsReport }, At, None);
        await Store.AddAsync(Report("4", "example.com"), At, None);
        Assert.Equal(["4", "3", "1"], (await Store.ListAsync("example.com", null, null, 10, None)).Select(stored => stored.Report.ReportId));
        Assert.Equal(["3"], (await Store.ListAsync("example.com", ReportKind.TlsReport, null, 10, None)).Select(stored => stored.Report.ReportId));
        var page = await Store.ListAsync(null, null, null, 2, None);
        Assert.Equal(["2", "1"], (await Store.ListAsync(null, null, page[^1].Id, 2, None)).Select(stored => stored.Report.ReportId));
    }

    [Fact]
    public async Task Lets_go_of_the_old()
    {
        await Store.AddAsync(Report("1", "example.com"), At, None);
        await Store.AddAsync(Report("2", "example.com"), At.AddDays(2), None);
        Assert.Equal(1, await Store.PruneAsync(At.AddDays(1), 10, None));
        Assert.Equal("2", Assert.Single(await Store.ListAsync(null, null, null, 10, None)).Report.ReportId);
    }

    private static AggregateReport Report(string id, string domain) => new()
    {
        Kind = ReportKind.DmarcAggregate,
        Domain = domain,
        Reporter = "receiver.example",
        ReportId = id,
        Begins = At.AddDays(-1),
        Ends = At,
        Total = 12,
        Passed = 10,
        Rows = [new AggregateRow("192.0.2.1", "none, dkim pass, spf fail", 10, true), new AggregateRow("192.0.2.2", "reject, dkim fail, spf fail", 2, false)],
    };
}
