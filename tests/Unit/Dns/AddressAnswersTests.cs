using System.Net;
using Relay.Dns;
using Xunit;

namespace Relay.Tests.Unit;

public class AddressAnswersTests
{
    [Theory]
    [InlineData(DnsStatus.Success, DnsStatus.NoData, DnsStatus.Success)]
    [InlineData(DnsStatus.Success, DnsStatus.Timeout, DnsStatus.Success)]
    [InlineData(DnsStatus.NoSuchDomain, DnsStatus.NoSuchDomain, DnsStatus.NoSuchDomain)]
    [InlineData(DnsStatus.NoSuchDomain, DnsStatus.NoData, DnsStatus.NoData)]
    [InlineData(DnsStatus.NoData, DnsStatus.Timeout, DnsStatus.Timeout)]
    [InlineData(DnsStatus.NoSuchDomain, DnsStatus.ServerFailure, DnsStatus.ServerFailure)]
    [InlineData(DnsStatus.Timeout, DnsStatus.ServerFailure, DnsStatus.ServerFailure)]
    public void Both_halves_make_one_status(DnsStatus one, DnsStatus other, DnsStatus expected)
    {
        Assert.Equal(expected, AddressAnswers.Combine(Half(one), Half(other)).Status);
        Assert.Equal(expected, AddressAnswers.Combine(Half(other), Half(one)).Status);
    }

    [Fact]
    public void A_half_that_failed_makes_the_whole_short_lived_and_is_named()
    {
        var answer = AddressAnswers.Combine(
            Half(DnsStatus.Success) with { TimeToLive = TimeSpan.FromHours(1) },
            Half(DnsStatus.Timeout) with { TimeToLive = TimeSpan.FromSeconds(5), Detail = "no answer" });

        Assert.Equal(TimeSpan.FromSeconds(5), answer.TimeToLive);
        Assert.Equal("no answer", answer.Detail);
    }

    [Theory]
    [InlineData(DnsStatus.Success, true, DnsStatus.Success, true, true)]
    [InlineData(DnsStatus.Success, true, DnsStatus.Success, false, false)]
    [InlineData(DnsStatus.Success, true, DnsStatus.NoData, false, false)]
    [InlineData(DnsStatus.Success, true, DnsStatus.Timeout, false, true)]
    [InlineData(DnsStatus.NoData, false, DnsStatus.Success, true, false)]
    [InlineData(DnsStatus.Timeout, false, DnsStatus.Timeout, false, false)]
    public void Each_half_that_spoke_must_be_authentic(DnsStatus one, bool oneAuthentic, DnsStatus other, bool otherAuthentic, bool expected)
    {
        var answer = AddressAnswers.Combine(
            Half(one) with { IsAuthentic = oneAuthentic },
            Half(other) with { IsAuthentic = otherAuthentic });

        Assert.Equal(expected, answer.IsAuthentic);
    }

    private static DnsAnswer<AddressRecord> Half(DnsStatus status) =>
        new(status, status == DnsStatus.Success ? [new AddressRecord(IPAddress.Parse("192.0.2.1"))] : []);
}
