using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ComplianceDoorTests : IDomainFindings
{
    private readonly IntakeKit _kit = new();
    private IReadOnlyList<ComplianceFinding>? _known;

    public IReadOnlyList<ComplianceFinding>? Known(QueuedMessage message) => _known;

    [Theory]
    [InlineData("Message-ID: <1@example.com>", "Message-ID: <nonsense>", "message-id")]
    [InlineData("Message-ID: <1@example.com>", "Message-ID: 1@example.com", "message-id")]
    [InlineData("Message-ID: <1@example.com>", "Message-ID: <1@example.com>\r\nMessage-ID: <2@example.com>", "message-id")]
    [InlineData("Date: Tue, 1 Jan 2030 00:00:00 +0000", "Date: yesterday", "date")]
    [InlineData("From: App <app@example.com>", "From: app@example.com, other@example.com", "from")]
    [InlineData("From: App <app@example.com>", "From: nobody", "from")]
    [InlineData("From: App <app@example.com>", "X: y", "from")]
    [InlineData("Subject: hello", "Subject: hello\r\nSubject: again", "duplicate-fields")]
    public async Task Refuses_what_breaks_a_rule_and_names_it(string of, string by, string rule)
    {
        Use(new ComplianceOptions { Transactional = ComplianceMode.Reject });
        var result = await _kit.AcceptAsync(IntakeKit.Plain.Replace(of, by, StringComparison.Ordinal));
        Assert.Equal(rule, Assert.Single(result.Findings).Rule.Id);
        Assert.Equal(550, result.Refusal!.Code);
        Assert.StartsWith($"550 5.7.1 {rule}: ", result.Refusal.ToString(), StringComparison.Ordinal);
        Assert.All(result.Refusal.Lines, line => Assert.True(System.Text.Ascii.IsValid(line)));
        Assert.Empty(_kit.Store.AllEvents);
    }

    [Fact]
    public async Task Takes_what_keeps_the_rules()
    {
        Use(new ComplianceOptions { Transactional = ComplianceMode.Reject });
        Assert.NotNull((await _kit.AcceptAsync()).Id);
        Assert.Null(Assert.Single(_kit.Store.AllEvents).Text);
    }

    [Fact]
    public async Task Fields_that_the_door_adds_are_not_missed()
    {
        Use(new ComplianceOptions { Transactional = ComplianceMode.Reject });
        var bare = "From: app@example.com\r\n\r\nHi.\r\n";
        Assert.NotNull((await _kit.AcceptAsync(bare)).Id);
        var relayed = await _kit.AcceptAsync(bare, IntakeKit.Submission("bob@example.net") with { CompleteHeaders = false });
        Assert.Equal(["message-id", "date"], relayed.Findings.Select(finding => finding.Rule.Id));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("List-Unsubscribe: <mailto:u@example.com>\r\n", true)]
    [InlineData("List-Unsubscribe: <https://example.com/u>\r\n", true)]
    [InlineData("List-Unsubscribe: <https://example.com/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", false)]
    public async Task Broadcasts_need_one_click(string fields, bool isBroken)
    {
        Use(new ComplianceOptions { Transactional = ComplianceMode.Reject, Broadcast = ComplianceMode.Reject });
        Assert.NotNull((await _kit.AcceptAsync(fields + IntakeKit.Plain)).Id);
        var broadcast = await _kit.AcceptAsync(fields + IntakeKit.Plain, IntakeKit.Submission("bob@example.net") with { Stream = MailStream.Broadcast });
        Assert.Equal(isBroken, broadcast.Findings.Any(finding => finding.Rule == ComplianceRules.OneClick));
    }

    [Fact]
    public async Task What_the_stream_adds_counts_as_being_there()
    {
        var fields = new StreamFields("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", recipient => $"List-Unsubscribe: <https://example.com/{recipient}>\r\n");
        var intake = new MessageIntake(
            _kit.Spool, _kit.Store, _kit.Suppressions, _kit.Dispatch, new IntakeOptions { Hostname = IntakeKit.Hostname }, _kit.Time, NullLogger<MessageIntake>.Instance,
            streams: new Added(fields), gates: [new ComplianceDoor(new ComplianceOptions { Broadcast = ComplianceMode.Reject }, this)]);
        await using var incoming = intake.Begin();
        await incoming.WriteAsync(System.Text.Encoding.ASCII.GetBytes(IntakeKit.Plain), CancellationToken.None);

        var result = await intake.AcceptAsync(incoming, IntakeKit.Submission("bob@example.net") with { Stream = MailStream.Broadcast, AddStreamFields = true });

        Assert.NotNull(result.Id);
    }

    private sealed class Added(StreamFields fields) : IStreamFields
    {
        public StreamFields For(QueuedMessage message, HeaderBlock header) => fields;
    }

    [Fact]
    public async Task Feedback_id_is_asked_for_where_it_is_configured()
    {
        Use(new ComplianceOptions { Broadcast = ComplianceMode.Reject, RequiresFeedbackId = true });
        var result = await _kit.AcceptAsync(IntakeKit.Plain, IntakeKit.Submission("bob@example.net") with { Stream = MailStream.Broadcast });
        Assert.Contains(result.Findings, finding => finding.Rule == ComplianceRules.FeedbackId);
    }

    [Theory]
    [InlineData(998, false)]
    [InlineData(999, true)]
    public async Task Long_lines_are_counted_however_they_arrive(int octets, bool isBroken)
    {
        Use(new ComplianceOptions { Transactional = ComplianceMode.Reject });
        foreach (var step in (int[])[1, 7, 100_000])
        {
            var content = System.Text.Encoding.ASCII.GetBytes(IntakeKit.Plain + new string('x', octets) + "\r\n");
            await using var incoming = _kit.Intake.Begin();
            for (var at = 0; at < content.Length; at += step)
            {
                await incoming.WriteAsync(content.AsMemory(at, Math.Min(step, content.Length - at)), CancellationToken.None);
            }

            Assert.Equal(octets, incoming.LongestLine);
            var result = await _kit.Intake.AcceptAsync(incoming, IntakeKit.Submission("bob@example.net"));
            Assert.Equal(isBroken, result.Findings.Any(finding => finding.Rule == ComplianceRules.LineLength));
        }
    }

    [Fact]
    public async Task Held_mail_is_taken_and_waits_with_its_reason_until_it_is_released()
    {
        Use(new ComplianceOptions { Transactional = ComplianceMode.Hold });
        var details = await _kit.FindAsync(await _kit.AcceptAsync(IntakeKit.Plain.Replace("Date: Tue, 1 Jan 2030 00:00:00 +0000", "Date: yesterday", StringComparison.Ordinal), "bob@example.net", "eve@example.org"));
        Assert.All(details.Recipients, recipient => Assert.Equal((RecipientState.Held, true), (recipient.State, recipient.LastReply?.StartsWith("date: ", StringComparison.Ordinal) == true)));
        var held = _kit.Store.AllEvents.Where(e => e.Kind == DeliveryEventKind.Held).ToList();
        Assert.Equal(2, held.Count);
        Assert.All(held, e => Assert.True(e is { Class: "compliance", RecipientId: not null } && e.Text!.StartsWith("date: ", StringComparison.Ordinal)));

        await _kit.Store.ApplyAsync(QueueAction.Release, new QueueCriteria { MessageId = details.Message.Id, Actor = "ada" }, CancellationToken.None);
        var released = await _kit.Store.FindAsync(details.Message.Id, CancellationToken.None);
        Assert.All(released!.Recipients, recipient => Assert.True(recipient is { State: RecipientState.Ready, IsReleased: true }));
    }

    [Fact]
    public async Task A_warning_stands_in_the_event_and_the_mail_goes()
    {
        Use(new ComplianceOptions());
        var details = await _kit.FindAsync(await _kit.AcceptAsync(IntakeKit.Plain.Replace("<1@example.com>", "<1>", StringComparison.Ordinal)));
        Assert.Equal(RecipientState.Ready, details.Recipients[0].State);
        var accepted = Assert.Single(_kit.Store.AllEvents);
        Assert.Equal("compliance", accepted.Class);
        Assert.Contains("message-id: Message-ID is not well formed (Gmail); write one Message-ID", accepted.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_known_of_the_domain_counts_and_what_is_not_known_does_not()
    {
        Use(new ComplianceOptions { Transactional = ComplianceMode.Reject });
        Assert.NotNull((await _kit.AcceptAsync()).Id);
        _known = [new ComplianceFinding(ComplianceRules.Spf, "192.0.2.1 for example.com: fail")];
        Assert.Equal("550 5.7.23", (await _kit.AcceptAsync()).Refusal!.ToString()[..10]);
    }

    [Fact]
    public async Task Off_looks_at_nothing_and_our_own_reports_pass()
    {
        Use(new ComplianceOptions { Transactional = ComplianceMode.Off });
        Assert.NotNull((await _kit.AcceptAsync("no header\r\n")).Id);
        Use(new ComplianceOptions { Transactional = ComplianceMode.Reject });
        Assert.NotNull((await _kit.AcceptAsync("no header\r\n", IntakeKit.Submission("bob@example.net") with { Door = Door.Internal })).Id);
    }

    [Fact]
    public void Every_rule_is_documented_with_its_remedy_in_ascii()
    {
        var text = File.ReadAllText(Path.Combine(TestData.Root, "docs", "compliance.md"));
        foreach (var rule in ComplianceRules.All)
        {
            Assert.Contains($"| `{rule.Id}` |", text, StringComparison.Ordinal);
            Assert.True(System.Text.Ascii.IsValid(rule.Remedy));
            Assert.Equal(5, EnhancedStatusCode.Parse(rule.Status).Class);
            Assert.All(rule.Receivers, receiver => Assert.Contains(receiver, text, StringComparison.Ordinal));
        }
    }

    private void Use(ComplianceOptions options) => _kit.Make(new IntakeOptions { Hostname = IntakeKit.Hostname }, new ComplianceDoor(options, this));
}
