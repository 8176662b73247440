using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Dkim;
using Relay.Dns;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DomainLookTests : IDkimKeySource, IBounceHosts
{
    private static readonly DkimKey Key = DkimKeyGenerator.Generate("example.com", "e1", DkimAlgorithm.Ed25519Sha256).Key;

    private readonly ZoneTable _zone = new ZoneTable()
        .Txt("e1._domainkey.example.com", Key.PublicRecord)
        .Txt("example.com", "v=spf1 ip4:192.0.2.10 -all")
        .Txt("_dmarc.example.com", "v=DMARC1; p=none")
        .Ptr("192.0.2.10", "out.example.org")
        .Address("out.example.org", "192.0.2.10");

    private readonly ManualTimeProvider _time = new();
    private IReadOnlyList<DkimKey> _keys = [Key];
    private string? _bounceHost;
    private bool _isSilent;

    public ValueTask<IReadOnlyList<DkimKey>> FindActiveAsync(DomainName domain, CancellationToken cancellationToken) => ValueTask.FromResult(_keys);

    public ValueTask<bool> IsOursAsync(DomainName host, CancellationToken cancellationToken) => ValueTask.FromResult(false);

    public async ValueTask<string?> FindAsync(long accountId, string fromDomain, CancellationToken cancellationToken)
    {
        if (_isSilent)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken);
        }

        return _bounceHost;
    }

    [Fact]
    public async Task Finds_nothing_wrong_where_all_is_well()
    {
        var facts = await LookAsync();
        Assert.Empty(facts.Findings);
        Assert.Empty(facts.Unknown);
        Assert.Equal(5, facts.Good.Count);
    }

    [Fact]
    public async Task Each_thing_that_is_missing_is_its_own_finding()
    {
        _keys = [];
        _zone.Remove("example.com").Remove("_dmarc.example.com").Remove("192.0.2.10");
        Assert.Equal(["dkim-key", "spf", "dmarc", "dmarc-alignment", "ptr"], (await LookAsync()).Findings.Select(finding => finding.Rule.Id));
    }

    [Fact]
    public async Task A_key_that_is_not_published_or_another_is_found()
    {
        _zone.Remove("e1._domainkey.example.com");
        Assert.Contains("e1._domainkey.example.com is not published", Found(await LookAsync(), ComplianceRules.DkimKey), StringComparison.Ordinal);
        _zone.Txt("e1._domainkey.example.com", DkimKeyGenerator.Generate("example.com", "e1", DkimAlgorithm.Ed25519Sha256).Key.PublicRecord);
        Assert.Contains("holds another key", Found(await LookAsync(), ComplianceRules.DkimKey), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_the_record_does_not_name_is_found()
    {
        _zone.Remove("example.com").Txt("example.com", "v=spf1 ip4:192.0.2.99 -all");
        Assert.Contains("192.0.2.10 for example.com: fail, -all of example.com matches", Found(await LookAsync(), ComplianceRules.Spf), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_foreign_envelope_is_not_aligned_unless_dkim_is()
    {
        _zone.Txt("example.net", "v=spf1 ip4:192.0.2.10 -all");
        Assert.Empty((await LookAsync("example.net")).Findings);
        _keys = [];
        Assert.Equal(["dkim-key", "dmarc-alignment"], (await LookAsync("example.net")).Findings.Select(finding => finding.Rule.Id));
    }

    [Fact]
    public async Task The_bounce_host_is_asked_about_where_there_is_one()
    {
        _bounceHost = "bounce.example.com";
        var facts = await LookAsync();
        Assert.Equal("bounce.example.com", facts.Envelope.Ascii);
        Assert.Equal("spf", Assert.Single(facts.Findings).Rule.Id);
    }

    [Fact]
    public async Task What_dns_does_not_answer_is_unknown_and_no_finding()
    {
        _zone.Fails("example.com", DnsStatus.Timeout).Fails("_dmarc.example.com", DnsStatus.ServerFailure).Fails("192.0.2.10", DnsStatus.Timeout).Fails("e1._domainkey.example.com", DnsStatus.Timeout);
        var facts = await LookAsync();
        Assert.Empty(facts.Findings);
        Assert.Equal(5, facts.Unknown.Count);
    }

    [Fact]
    public async Task Without_an_address_of_our_own_only_a_broken_record_is_known()
    {
        Assert.Empty((await LookAsync(options: new DeliveryOptions { Hostname = "out.example.org" })).Findings);
        _zone.Remove("example.com").Txt("example.com", "v=spf1 ip4:nonsense -all");
        Assert.Contains("cannot be read", Found(await LookAsync(options: new DeliveryOptions { Hostname = "out.example.org" }), ComplianceRules.Spf), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_found_is_remembered_for_a_while_and_known_at_the_door()
    {
        var checker = new DomainChecker(NewLook(Options()), new BackgroundTasks(NullLogger.Instance), _time);
        var question = new DomainQuestion(1, DomainName.Parse("example.com"), DomainName.Parse("example.com"));
        var message = Message();
        Assert.Null(((IDomainFindings)checker).Known(message));

        await checker.CheckAsync(question, isFresh: false, CancellationToken.None);
        Assert.Empty(((IDomainFindings)checker).Known(message)!);
        var asked = _zone.Lookups.Count;
        await checker.CheckAsync(question, isFresh: false, CancellationToken.None);
        Assert.Equal(asked, _zone.Lookups.Count);

        await checker.CheckAsync(question, isFresh: true, CancellationToken.None);
        Assert.True(_zone.Lookups.Count > asked);
        _time.Advance(TimeSpan.FromMinutes(16));
        Assert.Null(((IDomainFindings)checker).Known(message));
    }

    [Theory]
    [InlineData(ComplianceMode.Off, false)]
    [InlineData(ComplianceMode.Warn, false)]
    [InlineData(ComplianceMode.Hold, true)]
    [InlineData(ComplianceMode.Reject, true)]
    public async Task Before_the_first_attempt_mail_of_a_broken_domain_is_held_where_that_is_asked_for(ComplianceMode mode, bool isHeld)
    {
        _zone.Remove("_dmarc.example.com");
        var gates = NewGates(mode);
        var held = await gates.CheckAsync(Job(new QueuedRecipientSketch()), [], CancellationToken.None);
        Assert.Equal(isHeld, held.Count == 1);
        Assert.All(held, outcome => Assert.True(outcome.Outcome is { Kind: OutcomeKind.Held, Class: "compliance" } && outcome.Outcome.Text.StartsWith("dmarc: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_was_released_or_tried_before_passes_and_so_does_a_domain_that_is_well()
    {
        Assert.Empty(await NewGates(ComplianceMode.Hold).CheckAsync(Job(new QueuedRecipientSketch()), [], CancellationToken.None));
        _zone.Remove("_dmarc.example.com");
        var gates = NewGates(ComplianceMode.Hold);
        Assert.Empty(await gates.CheckAsync(Job(new QueuedRecipientSketch(IsReleased: true)), [], CancellationToken.None));
        Assert.Empty(await gates.CheckAsync(Job(new QueuedRecipientSketch(Attempts: 1)), [], CancellationToken.None));
    }

    [Fact]
    public async Task A_look_without_an_answer_is_remembered_as_not_known_so_that_not_every_message_waits_for_it()
    {
        _isSilent = true;
        var checker = new DomainChecker(NewLook(Options()), new BackgroundTasks(NullLogger.Instance), _time);
        var question = new DomainQuestion(1, DomainName.Parse("example.com"), DomainName.Parse("example.com"));
        var asked = checker.CheckAsync(question, isFresh: false, CancellationToken.None).AsTask();
        await _time.WaitForTimersAsync(1).WaitAsync(TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(31));

        var facts = await asked.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("DNS took longer than 30 seconds", Assert.Single(facts.Unknown));
        Assert.Empty(facts.Findings);
        Assert.True(checker.CheckAsync(question, isFresh: false, CancellationToken.None).AsTask().IsCompletedSuccessfully);
    }

    private HoldGates NewGates(ComplianceMode mode)
    {
        var checker = new DomainChecker(NewLook(Options()), new BackgroundTasks(NullLogger.Instance), _time);
        return new HoldGates([new ComplianceGate(new ComplianceOptions { Transactional = mode }, checker, _time)]);
    }

    private static QueuedMessage Message() => new()
    {
        Id = QueueId.New(DateTimeOffset.UnixEpoch),
        Door = Door.Smtp,
        AcceptedAt = DateTimeOffset.UnixEpoch,
        ExpiresAt = DateTimeOffset.MaxValue,
        ReversePath = new ReversePath(Mailbox.Parse("app@example.com")),
        FromDomain = "example.com",
        SizeBytes = 1,
    };

    private sealed record QueuedRecipientSketch(bool IsReleased = false, int Attempts = 0);

    private static DeliveryJob Job(QueuedRecipientSketch sketch)
    {
        var kit = new DeliveryKit();
        var task = kit.Task(["bob@example.net"], message: _ => Message(), recipient: recipient => recipient with { IsReleased = sketch.IsReleased, Attempts = sketch.Attempts });
        return kit.Job(task, DeliveryKit.MxRoute("example.net"));
    }

    private static string Found(DomainFacts facts, ComplianceRule rule) => Assert.Single(facts.Findings, finding => finding.Rule == rule).Found;

    private ValueTask<DomainFacts> LookAsync(string envelope = "example.com", DeliveryOptions? options = null) =>
        NewLook(options ?? Options()).LookAsync(new DomainQuestion(1, DomainName.Parse("example.com"), DomainName.Parse(envelope)), CancellationToken.None);

    private static DeliveryOptions Options() => new()
    {
        Hostname = "out.example.org",
        UseReturnPaths = true,
        Sources = new Dictionary<string, EgressSourceOptions> { ["a"] = new() { Ipv4 = System.Net.IPAddress.Parse("192.0.2.10") } },
    };

    private DomainLook NewLook(DeliveryOptions options)
    {
        var kit = new DeliveryKit(options);
        return new DomainLook(_zone, this, this, kit.EgressPools, AnyAddress, new ReverseNameCheck(_zone), options, _time);
    }

    private static bool AnyAddress(System.Net.IPAddress address, out string reason)
    {
        reason = string.Empty;
        return true;
    }
}
