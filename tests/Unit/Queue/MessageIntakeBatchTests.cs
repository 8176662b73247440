using System.Text;
using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Several messages in one commit, and copies of their own for some recipients.</summary>
public sealed class MessageIntakeBatchTests
{
    private readonly IntakeKit _kit = new();

    [Fact]
    public async Task All_messages_become_durable_in_one_commit()
    {
        await using var first = await ContentAsync("one");
        await using var second = await ContentAsync("two");
        var commits = 0;

        var results = await _kit.Intake.AcceptAsync([Message(first, "a@example.net"), Message(second, "b@example.net")], drafts =>
        {
            commits++;
            return _kit.Store.EnqueueAsync(drafts);
        });

        Assert.Equal(1, commits);
        Assert.Equal(2, results.Select(result => result.Id).Distinct().Count());
        Assert.Equal("one", (await _kit.FindAsync(results[0])).Message.Subject);
        Assert.Equal("two", (await _kit.FindAsync(results[1])).Message.Subject);
    }

    [Fact]
    public async Task One_at_fault_refuses_all_and_is_named()
    {
        var loop = string.Concat(Enumerable.Repeat("Received: from a by b with SMTP; x\r\n", 101));
        await using var good = await ContentAsync("one");
        await using var bad = await ContentAsync("two", loop);

        var results = await _kit.Intake.AcceptAsync([Message(good, "a@example.net"), Message(bad, "b@example.net")], _kit.Store.EnqueueAsync);

        Assert.Equal((null, null), (results[0].Id, results[0].Refusal));
        Assert.Equal(554, results[1].Refusal!.Code);
        Assert.Empty(_kit.Store.AllEvents);
    }

    [Fact]
    public async Task Recipients_with_a_copy_of_their_own_are_variants()
    {
        _kit.Dispatch.HasRoom = true;
        await using var shared = await ContentAsync("shared");
        await using var own = await ContentAsync("own and longer");
        var message = Message(shared, "a@example.net", "b@example.net", "c@example.net") with
        {
            Own = new Dictionary<Mailbox, IncomingContent> { [Mailbox.Parse("b@example.net")] = own },
        };

        var details = await _kit.FindAsync((await _kit.Intake.AcceptAsync([message], _kit.Store.EnqueueAsync))[0]);

        Assert.Equal(2, details.Variants.Count);
        var copy = details.Variants.Single(variant => variant.Content.SizeBytes == own.LengthBytes);
        Assert.Equal("b@example.net", Assert.Single(details.Recipients, r => r.VariantId == copy.Id).Address.ToString());
        Assert.Equal([$"example.net {shared.LengthBytes}", $"example.net {own.LengthBytes}"], _kit.Dispatch.Reserved);
        Assert.Equal(2, _kit.Dispatch.Dispatched.Count);
        Assert.Empty(_kit.Dispatch.Cancelled);
        Assert.Single(_kit.Store.AllEvents, happened => happened.Kind == DeliveryEventKind.Accepted);
    }

    [Fact]
    public async Task What_the_commit_throws_leaves_nothing_behind_and_gives_room_back()
    {
        var kit = new IntakeKit(inlineLimitBytes: 10);
        kit.Dispatch.HasRoom = true;
        await using var first = await ContentAsync("one", intake: kit.Intake);
        await using var second = await ContentAsync("two", intake: kit.Intake);

        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await kit.Intake.AcceptAsync([Message(first, "a@example.net"), Message(second, "b@example.org")], _ => throw new InvalidOperationException("no")));

        Assert.Equal(kit.Dispatch.Reserved, kit.Dispatch.Cancelled);
        Assert.Empty(kit.Spool.Files);
    }

    [Fact]
    public async Task A_door_may_choose_the_id()
    {
        var id = QueueId.New(_kit.Time.GetUtcNow());
        await using var content = await ContentAsync("one");
        var message = Message(content, "a@example.net");

        var results = await _kit.Intake.AcceptAsync([message with { Submission = message.Submission with { Id = id, ClientAddress = "192.0.2.99" } }], _kit.Store.EnqueueAsync);

        Assert.Equal(id, results[0].Id);
        Assert.Equal("192.0.2.99", (await _kit.FindAsync(results[0])).Message.ClientAddress);
    }

    private static IncomingMessage Message(IncomingContent content, params IReadOnlyList<string> recipients) => new(IntakeKit.Submission(recipients), content);

    private async Task<IncomingContent> ContentAsync(string subject, string more = "", MessageIntake? intake = null)
    {
        var content = (intake ?? _kit.Intake).Begin();
        await content.WriteAsync(Encoding.ASCII.GetBytes($"{more}From: a@example.com\r\nSubject: {subject}\r\n\r\nHello.\r\n"), CancellationToken.None);
        return content;
    }
}
