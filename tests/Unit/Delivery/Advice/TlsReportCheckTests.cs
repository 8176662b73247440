using Relay.Dns;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TlsReportCheckTests
{
    private const string Name = "_smtp._tls.example.org";

    private readonly AdviceWorld _world = new();

    public TlsReportCheckTests() => _world.Zone.Mx("example.org", 10, "mx.example.org").Address("mx.example.org", "192.0.2.1");

    [Theory]
    [InlineData("v=TLSRPTv1; rua=mailto:tls@example.org", "reports go to mailto:tls@example.org")]
    [InlineData("v=TLSRPTv1;rua=mailto:tls@example.org,https://r.example.net/v1/tls;", "reports go to mailto:tls@example.org, https://r.example.net/v1/tls")]
    [InlineData("v=TLSRPTv1; ext=1; rua = mailto:a%21b@example.org ", "reports go to mailto:a%21b@example.org")]
    public async Task A_record_with_somebody_to_tell_is_in_order(string text, string found)
    {
        _world.Zone.Txt(Name, "something else").Txt(Name, text);

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Ok, found, null), (advice.State, advice.Found, advice.Remedy));
    }

    [Theory]
    [InlineData("v=TLSRPTv1", "no rua=")]
    [InlineData("v=TLSRPTv1 rua=mailto:tls@example.org", "a semicolon is missing")]
    [InlineData("v=TLSRPTv1; ruf=mailto:tls@example.org", "no rua=")]
    [InlineData("v=TLSRPTv1; rua=tls@example.org", "rua tls@example.org is neither")]
    [InlineData("v=TLSRPTv1; rua=mailto:tls@example.org,http://r.example.net/", "rua http://r.example.net/ is neither")]
    [InlineData("v=TLSRPTv1; rua=mailto:nobody", "rua mailto:nobody is neither")]
    [InlineData("v=TLSRPT1; rua=mailto:tls@example.org", "does not begin with v=TLSRPTv1")]
    public async Task A_record_that_senders_cannot_use_is_wrong(string text, string problem)
    {
        _world.Zone.Txt(Name, text);

        var advice = await LookAsync();

        Assert.Equal(AdviceState.Wrong, advice.State);
        Assert.Contains(problem, advice.Found, StringComparison.Ordinal);
        Assert.NotNull(advice.Remedy);
    }

    [Fact]
    public async Task Two_records_are_none()
    {
        _world.Zone.Txt(Name, "v=TLSRPTv1; rua=mailto:a@example.org").Txt(Name, "v=TLSRPTv1; rua=mailto:b@example.org");

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Wrong, "leave one of them"), (advice.State, advice.Remedy));
    }

    [Fact]
    public async Task What_is_missing_is_shown_ready_to_paste()
    {
        // Of a wildcard.
        _world.Zone.Txt(Name, "v=spf1 -all");

        var advice = await LookAsync();

        Assert.Equal(AdviceState.Missing, advice.State);
        Assert.Equal([new RecordToPublish("TXT", Name, "v=TLSRPTv1; rua=mailto:tls-reports@example.org")], advice.Records);
    }

    [Fact]
    public async Task A_domain_that_takes_no_mail_needs_none()
    {
        _world.Zone.Remove("example.org").NullMx("example.org");

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Missing, null, 0), (advice.State, advice.Remedy, advice.Records.Count));
    }

    [Fact]
    public async Task Trouble_of_dns_is_not_missing()
    {
        _world.Zone.Fails(Name, DnsStatus.ServerFailure);

        Assert.Equal(AdviceState.Unknown, (await LookAsync()).State);
    }

    private Task<RecordAdvice> LookAsync() => _world.LookAsync("tls-rpt");
}
