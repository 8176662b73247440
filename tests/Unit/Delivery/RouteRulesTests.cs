using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class RouteRulesTests
{
    private static readonly RuleFacts Facts = new("branch.example.com", "example.net", "shop", ["a", "b"], 7, MailStream.Broadcast);

    public static TheoryData<RuleOptions, bool> Conditions() => new()
    {
        { new() { Name = "none" }, true },
        { new() { Name = "sender", SenderDomains = ["other.test", "BRANCH.example.com"] }, true },
        { new() { Name = "sender below", SenderDomains = [".example.com"] }, true },
        { new() { Name = "sender not below itself", SenderDomains = [".branch.example.com"] }, false },
        { new() { Name = "other sender", SenderDomains = ["example.com"] }, false },
        { new() { Name = "recipient", RecipientDomains = ["example.net"] }, true },
        { new() { Name = "other recipient", RecipientDomains = ["example.org"] }, false },
        { new() { Name = "user", Users = ["Shop"] }, true },
        { new() { Name = "other user", Users = ["bank"] }, false },
        { new() { Name = "tag", Tags = ["x", "b"] }, true },
        { new() { Name = "other tag", Tags = ["B"] }, false },
        { new() { Name = "account", Accounts = [7] }, true },
        { new() { Name = "other account", Accounts = [1] }, false },
        { new() { Name = "stream", Stream = MailStream.Broadcast }, true },
        { new() { Name = "other stream", Stream = MailStream.Transactional }, false },
        { new() { Name = "all", SenderDomains = ["branch.example.com"], Users = ["shop"], Tags = ["a"] }, true },
        { new() { Name = "all but one", SenderDomains = ["branch.example.com"], Users = ["shop"], Tags = ["z"] }, false },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_rule_applies_when_all_its_conditions_hold(RuleOptions rule, bool applies)
    {
        var verdict = Assert.Single(new RouteRules(Options(rule)).Verdicts(Facts));

        Assert.Equal(applies, verdict.Mismatch is null);
    }

    [Fact]
    public void Conditions_on_who_sends_do_not_hold_for_nobody()
    {
        var rules = new RouteRules(Options(new RuleOptions { Name = "a", SenderDomains = ["example.com"] }, new RuleOptions { Name = "b", Users = ["shop"] }));

        Assert.Equal(
            ["the reverse-path is null", "there was no login"],
            rules.Verdicts(Facts with { SenderDomain = null, User = null }).Select(v => v.Mismatch));
    }

    [Fact]
    public void The_first_rule_that_applies_marks_the_key_with_its_name()
    {
        var message = new DeliveryKit().Task(["bob@example.net"]).Message;
        var rules = new RouteRules(Options(
            new RuleOptions { Name = "other", RecipientDomains = ["example.org"] },
            new RuleOptions { Name = "shop", Users = ["shop"] },
            new RuleOptions { Name = "rest" }));

        Assert.Equal("example.net#shop", rules.KeyFor(message, "shop", Mailbox.Parse("bob@example.net")));
        Assert.Equal("example.org#other", rules.KeyFor(message, "shop", Mailbox.Parse("bob@example.org")));
        Assert.Equal("[192.0.2.1]#rest", rules.KeyFor(message, null, Mailbox.Parse("bob@[192.0.2.1]")));
    }

    [Fact]
    public void Without_rules_the_domain_is_the_key() =>
        Assert.Equal("example.net", new RouteRules(Options()).KeyFor(new DeliveryKit().Task(["bob@example.net"]).Message, "shop", Mailbox.Parse("bob@example.net")));

    [Fact]
    public async Task The_intake_asks_for_each_recipient()
    {
        var kit = new IntakeKit();
        var rules = new RouteRules(Options(new RuleOptions { Name = "shop", Users = ["shop"], RecipientDomains = ["example.org"] }));
        var intake = new MessageIntake(
            kit.Spool, kit.Store, kit.Suppressions, kit.Dispatch, new IntakeOptions { Hostname = IntakeKit.Hostname }, kit.Time,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<MessageIntake>.Instance, rules);
        await using var content = intake.Begin();
        await content.WriteAsync(System.Text.Encoding.ASCII.GetBytes(IntakeKit.Plain), CancellationToken.None);

        var result = await intake.AcceptAsync(content, IntakeKit.Submission("a@example.net", "b@example.org") with { User = "shop" });

        Assert.Equal(["example.net", "example.org#shop"], (await kit.FindAsync(result)).Recipients.Select(r => r.QueueKey).Order(StringComparer.Ordinal));
    }

    private static DeliveryOptions Options(params RuleOptions[] rules) => new() { Hostname = "relay.example.org", Rules = rules };
}
