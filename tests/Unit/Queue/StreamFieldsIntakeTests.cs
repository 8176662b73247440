using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What a stream adds to its mail on the way in: the same for all, or one copy for each recipient.</summary>
public sealed class StreamFieldsIntakeTests
{
    private readonly IntakeKit _kit = new();
    private StreamFields _fields = new("X-Shared: 1\r\n", recipient => $"X-Own: {recipient}\r\n");

    [Fact]
    public async Task Each_recipient_gets_his_own_field_and_nobody_elses()
    {
        var details = await FindAsync(await AcceptAsync(["bob@example.net", "eve@example.net", "joe@example.org"]));

        Assert.Equal(3, details.Variants.Count);
        foreach (var variant in details.Variants)
        {
            var recipient = Assert.Single(details.Recipients, r => r.VariantId == variant.Id);
            var prefix = Encoding.UTF8.GetString(variant.Prefix.Span);
            Assert.EndsWith($"\r\nX-Shared: 1\r\nX-Own: {recipient.Address}\r\n", prefix, StringComparison.Ordinal);
            Assert.Equal(2, prefix.Split("X-Own").Length);
        }

        Assert.Single(details.Variants.Select(variant => variant.Content).Distinct());
    }

    [Fact]
    public async Task What_is_the_same_for_all_makes_one_copy()
    {
        _fields = new StreamFields("X-Shared: 1\r\n", null);
        var details = await FindAsync(await AcceptAsync(["bob@example.net", "eve@example.net"]));

        Assert.EndsWith("\r\nX-Shared: 1\r\n", Encoding.UTF8.GetString(Assert.Single(details.Variants).Prefix.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_fields_stand_before_the_line_that_ends_a_missing_header()
    {
        _fields = new StreamFields("X-Shared: 1\r\n", null);
        var details = await FindAsync(await AcceptAsync(["bob@example.net"], content: "\r\nno header\r\n"));

        Assert.EndsWith("X-Shared: 1\r\n", Encoding.UTF8.GetString(details.Variants[0].Prefix.Span).TrimEnd('\r', '\n') + "\r\n", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_that_is_not_of_our_own_senders_gets_none()
    {
        var details = await FindAsync(await AcceptAsync(["bob@example.net", "eve@example.net"], isOurs: false));

        Assert.DoesNotContain("X-", Encoding.UTF8.GetString(Assert.Single(details.Variants).Prefix.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copies_that_are_born_leased_are_handed_over_each_with_its_own_prefix()
    {
        _kit.Dispatch.HasRoom = true;
        await AcceptAsync(["bob@example.net", "eve@example.net"]);

        Assert.Equal(
            ["bob@example.net", "eve@example.net"],
            _kit.Dispatch.Dispatched.Select(task => Encoding.UTF8.GetString(task.Variant.Prefix.Span).Split("X-Own: ")[1].TrimEnd()));
        Assert.All(_kit.Dispatch.Dispatched, task => Assert.Contains($"X-Own: {task.Recipients.Single().Address}", Encoding.UTF8.GetString(task.Variant.Prefix.Span), StringComparison.Ordinal));
        Assert.Empty(_kit.Dispatch.Cancelled);
    }

    private async Task<MessageDetails> FindAsync(IntakeResult result) => await _kit.FindAsync(result);

    private async Task<IntakeResult> AcceptAsync(string[] recipients, bool isOurs = true, string content = IntakeKit.Plain)
    {
        var intake = new MessageIntake(
            _kit.Spool, _kit.Store, _kit.Suppressions, _kit.Dispatch, new IntakeOptions { Hostname = IntakeKit.Hostname }, _kit.Time, NullLogger<MessageIntake>.Instance,
            streams: new Fixed(() => _fields));
        await using var incoming = intake.Begin();
        await incoming.WriteAsync(Encoding.UTF8.GetBytes(content), CancellationToken.None);
        return await intake.AcceptAsync(incoming, IntakeKit.Submission(recipients) with { AddStreamFields = isOurs });
    }

    private sealed class Fixed(Func<StreamFields> fields) : IStreamFields
    {
        public StreamFields For(QueuedMessage message, HeaderBlock header) => fields();
    }
}
