using Relay.Delivery;
using Relay.Dns;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What example.org promises to those who write to it.</summary>
public sealed class MtaStsCheckTests
{
    private const string Name = "_mta-sts.example.org";
    private const string Good = "version: STSv1\nmode: enforce\nmx: *.example.org\nmax_age: 604800\n";

    private readonly AdviceWorld _world = new();

    public MtaStsCheckTests() => _world.Zone.Mx("example.org", 10, "mx1.example.org").Address("mx1.example.org", "192.0.2.1");

    [Theory]
    [InlineData(Good, "id 7, for *.example.org, kept for 7 days; mode enforce")]
    [InlineData("version: STSv1\r\nmode: testing\r\nmx: mx1.example.org\r\nmax_age: 86400", "id 7, for mx1.example.org, kept for 24 hours; mode testing: faults are only reported, until the mode is enforce")]
    public async Task A_policy_that_names_the_hosts_is_in_order(string policy, string found)
    {
        Publish(policy);

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Ok, found, null), (advice.State, advice.Found, advice.Remedy));
        Assert.Null(advice.File);
    }

    [Fact]
    public async Task What_is_missing_is_shown_with_the_policy_of_the_hosts_there_are()
    {
        _world.Zone.Mx("example.org", 20, "mx2.example.net").Address("mx2.example.net", "192.0.2.2").Txt(Name, "v=spf1 -all");

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Missing, $"there is no TXT {Name}"), (advice.State, advice.Found));
        Assert.Matches(@"^v=STSv1; id=\d{8}T\d{6}Z$", Assert.Single(advice.Records).Value);
        Assert.NotNull(MtaStsRecord.FindId([advice.Records[0].Value]));
        Assert.Equal(new FileToPublish("https://mta-sts.example.org/.well-known/mta-sts.txt", "version: STSv1\nmode: testing\nmx: mx1.example.org\nmx: mx2.example.net\nmax_age: 604800\n"), advice.File);
        Assert.Empty(_world.Policies.Asked);
    }

    [Fact]
    public async Task A_host_for_policies_without_the_record_is_told()
    {
        _world.Zone.Address("mta-sts.example.org", "192.0.2.3");

        Assert.Contains("without the record nobody fetches", (await LookAsync()).Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_place_of_a_host_stands_in_no_policy()
    {
        _world.Zone.Remove("example.org").Mx("example.org", 10, "192.0.2.1");
        Assert.Null((await LookAsync()).File);

        _world.Zone.Mx("example.org", 20, "mx2.example.org").Address("mx2.example.org", "192.0.2.2");
        Assert.DoesNotContain("192.0.2.1", (await LookAsync()).File!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_domain_that_takes_no_mail_needs_none()
    {
        _world.Zone.Remove("example.org").NullMx("example.org");

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Missing, null), (advice.State, advice.Remedy));
        Assert.Empty(advice.Records);
    }

    [Theory]
    [InlineData("v=STSv1")]
    [InlineData("v=STSv1; id=2026-11-30")]
    [InlineData("v=STSv2; id=7")]
    public async Task A_record_that_cannot_be_read_is_wrong(string text)
    {
        _world.Zone.Txt(Name, text);

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Wrong, $"TXT {Name} cannot be read: {text}"), (advice.State, advice.Found));
    }

    [Fact]
    public async Task Two_records_are_wrong()
    {
        Publish(Good);
        _world.Zone.Txt(Name, "v=STSv1; id=8");

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Wrong, "leave one of them"), (advice.State, advice.Remedy));
    }

    [Theory]
    [InlineData("mode: enforce\nmx: *.example.org\nmax_age: 604800\n", "does not say 'version: STSv1'")]
    [InlineData("version: STSv1\nmode: on\nmx: *.example.org\nmax_age: 604800\n", "has no mode of")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 604800\n", "names no mx")]
    [InlineData("version: STSv1\nmode: enforce\nmx: *.example.org\n", "has no max_age")]
    [InlineData("<html>", "has a line that cannot be read: <html>")]
    public async Task A_file_that_is_no_policy_is_wrong(string file, string problem)
    {
        Publish(file);

        var advice = await LookAsync();

        Assert.Equal(AdviceState.Wrong, advice.State);
        Assert.Contains(problem, advice.Found, StringComparison.Ordinal);
        Assert.NotNull(advice.File);
    }

    [Theory]
    [InlineData("enforce", "mx9.example.org", "deliver nothing at all")]
    [InlineData("enforce", "mx1.example.org", "do not deliver there")]
    [InlineData("testing", "mx9.example.org", "with mode enforce they would not deliver there")]
    public async Task A_policy_that_does_not_name_the_hosts_is_wrong(string mode, string pattern, string what)
    {
        _world.Zone.Mx("example.org", 20, "mx2.example.net").Address("mx2.example.net", "192.0.2.2");
        Publish($"version: STSv1\nmode: {mode}\nmx: {pattern}\nmax_age: 1209600\n");

        var advice = await LookAsync();

        Assert.Equal(AdviceState.Wrong, advice.State);
        Assert.Contains(what, advice.Found, StringComparison.Ordinal);
        Assert.Equal($"version: STSv1\nmode: {mode}\nmx: mx1.example.org\nmx: mx2.example.net\nmax_age: 1209600\n", advice.File!.Text);
    }

    [Fact]
    public async Task A_policy_forgotten_within_a_day_is_wrong()
    {
        Publish("version: STSv1\nmode: enforce\nmx: *.example.org\nmax_age: 3600\n");

        var advice = await LookAsync();

        Assert.Equal(AdviceState.Wrong, advice.State);
        Assert.Contains("max_age: 604800\n", advice.File!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mode_none_is_as_good_as_none()
    {
        Publish("version: STSv1\nmode: none\nmax_age: 86400\n");

        Assert.Equal(AdviceState.Missing, (await LookAsync()).State);
    }

    [Theory]
    [InlineData(true, AdviceState.Wrong)]
    [InlineData(false, AdviceState.Unknown)]
    public async Task A_host_to_be_mended_is_wrong_and_one_that_is_silent_unknown(bool isCertain, AdviceState state)
    {
        Publish(Good);
        var first = await LookAsync();
        _world.Policies.Trouble = new MtaStsFetchException("it has no certificate for this name") { IsCertain = isCertain };

        var advice = await LookAsync(first);

        Assert.Equal(state, advice.State);
        Assert.Contains("it has no certificate for this name", advice.Found, StringComparison.Ordinal);
        Assert.Contains("no redirect", advice.Remedy, StringComparison.Ordinal);
        Assert.Equal(first.Memory, advice.Memory);
    }

    [Fact]
    public async Task What_the_resolver_says_of_this_network_is_not_told()
    {
        Publish(Good);
        _world.Policies.Trouble = new MtaStsFetchException("SERVFAIL from 10.1.2.3", new GuardedHttpException(GuardedHttpFailure.NameResolution, "SERVFAIL from 10.1.2.3"));

        Assert.DoesNotContain("10.1.2.3", (await LookAsync()).Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_changes_under_its_id_is_wrong_until_there_is_a_new_one()
    {
        Publish(Good);
        var first = await LookAsync();
        Assert.Equal(AdviceState.Ok, (await LookAsync(first)).State);

        _world.Policies.Files["example.org"] = Good + "x: 1\n";
        var stale = await LookAsync(first);
        Assert.Equal((AdviceState.Wrong, "publish the new id"), (stale.State, stale.Remedy));
        Assert.Equal(AdviceState.Wrong, (await LookAsync(stale)).State);

        _world.Zone.Remove(Name).Txt(Name, "v=STSv1; id=8");
        var mended = await LookAsync(stale);
        Assert.Equal(AdviceState.Ok, mended.State);
        Assert.DoesNotContain("the same as before", mended.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_id_of_an_old_policy_is_in_order_and_told()
    {
        Publish(Good);
        var first = await LookAsync();
        _world.Zone.Remove(Name).Txt(Name, "v=STSv1; id=8");

        var advice = await LookAsync(first);

        Assert.Equal(AdviceState.Ok, advice.State);
        Assert.Contains("the policy is the same as before", advice.Found, StringComparison.Ordinal);
        Assert.Contains("the policy is the same as before", (await LookAsync(advice)).Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Name)]
    [InlineData("example.org")]
    public async Task Trouble_of_dns_is_unknown(string name)
    {
        Publish(Good);
        _world.Zone.Fails(name, DnsStatus.Timeout);

        Assert.Equal(AdviceState.Unknown, (await LookAsync()).State);
    }

    private void Publish(string policy)
    {
        _world.Zone.Txt(Name, "v=STSv1; id=7;");
        _world.Policies.Files["example.org"] = policy;
    }

    private Task<RecordAdvice> LookAsync(RecordAdvice? before = null) => _world.LookAsync("mta-sts", before is null ? [] : [before]);
}
