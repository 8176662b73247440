using Relay.Platform.Emails;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What the API's routes cannot show of its store: all or nothing, and what a query costs.</summary>
public sealed class EmailStoreTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly ManualTimeProvider _time = new();
    private readonly TemporaryStores _stores;

    public EmailStoreTests() => _stores = new TemporaryStores(_time);

    private IEmailStore Emails => _stores.Stores.Emails;

    private DateTimeOffset Now => _time.GetUtcNow();

    public Task InitializeAsync() => _stores.OpenAsync();

    public async Task DisposeAsync() => await _stores.DeleteAsync();

    [Fact]
    public async Task Keeps_every_fact_of_an_email()
    {
        var draft = Drafts.Message(Now, "b@example.net").With(message => message with { NotBefore = Now.AddHours(1), Tags = ["x"], Stream = MailStream.Broadcast });
        var email = Row(draft) with
        {
            DomainId = 5,
            WasScheduled = true,
            LatestStatus = EmailStatus.Scheduled,
            Cc = new AddressField(false, ["c@example.net", "Ö <d@example.net>"]),
            Bcc = new AddressField(true, ["e@example.net"]),
            ReplyTo = AddressField.None,
            Html = "<p>ü</p>",
            TemplateId = "t",
            InReplyTo = QueueId.New(Now),
            References = ["<1@example.com>", "<2@example.com>"],
            ScheduledAt = Now.AddHours(1),
            Tags = ["x"],
            Stream = MailStream.Broadcast,
        };
        await Emails.CreateAsync([email], [draft], null);

        var found = await Emails.FindAsync(1, email.Id, None);

        Assert.Equivalent(email, found, strict: true);
        Assert.Null(await Emails.FindAsync(2, email.Id, None));
    }

    [Fact]
    public async Task A_key_in_use_leaves_nothing_half_created()
    {
        var first = Drafts.Message(Now, "a@example.net");
        var second = Drafts.Message(Now, "b@example.net");
        await Emails.CreateAsync([Row(first)], [first], Key(first));

        await Assert.ThrowsAsync<DuplicateEntryException>(async () => await Emails.CreateAsync([Row(second)], [second], Key(second)));

        Assert.Null(await Emails.FindAsync(1, second.Message.Id, None));
        Assert.Null(await _stores.Stores.Queue.FindAsync(second.Message.Id, None));
        Assert.Single(await _stores.Stores.Outbox.ReadAsync(0, 10, None));
        Assert.Equal([first.Message.Id], (await Emails.FindIdempotencyAsync(1, "k", None))!.Ids);
        Assert.Null(await Emails.FindIdempotencyAsync(2, "k", None));
    }

    [Fact]
    public async Task An_email_written_twice_undoes_message_and_key()
    {
        var draft = Drafts.Message(Now, "a@example.net");

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Emails.CreateAsync([Row(draft), Row(draft)], [draft], Key(draft)));

        Assert.Null(await _stores.Stores.Queue.FindAsync(draft.Message.Id, None));
        Assert.Null(await Emails.FindIdempotencyAsync(1, "k", None));
    }

    [Theory]
    [InlineData("SELECT count(*) FROM email e INDEXED BY email_listing WHERE e.account_id = 1 AND e.domain_id IN (1, 2)", "COVERING INDEX email_listing")]
    [InlineData("SELECT e.html FROM email e WHERE e.account_id = 1 AND e.created_at >= 5 ORDER BY e.created_at DESC, e.id DESC LIMIT 50", "INDEX email_listing")]
    [InlineData("SELECT html FROM email e JOIN message m ON m.id = e.message_id WHERE e.account_id = 1 ORDER BY e.created_at DESC, e.id DESC LIMIT 50", "INDEX email_listing")]
    [InlineData("UPDATE email SET html = NULL WHERE message_id = (SELECT id FROM message WHERE no = 1)", "(message_id=?)")]
    public async Task Lists_and_changes_use_an_index_and_do_not_sort(string sql, string index)
    {
        var plan = await _stores.Stores.Database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.UseOnce("EXPLAIN QUERY PLAN " + sql);
                var steps = new List<string>();
                while (query.Read())
                {
                    steps.Add(query.Text(3));
                }

                return steps;
            },
            None);

        Assert.Contains(plan, step => step.Contains(index, StringComparison.Ordinal));
        Assert.DoesNotContain(plan, step => step.Contains("TEMP B-TREE", StringComparison.Ordinal) || step.StartsWith("SCAN", StringComparison.Ordinal));
    }

    private IdempotencyEntry Key(MessageDraft draft) => new()
    {
        AccountId = 1,
        Key = "k",
        BodyDigest = new byte[32],
        Ids = [draft.Message.Id],
        CreatedAt = Now,
    };

    private Email Row(MessageDraft draft) => new()
    {
        Id = draft.Message.Id,
        AccountId = 1,
        CreatedAt = Now,
        UpdatedAt = Now,
        LatestStatus = EmailStatus.Queued,
        From = "App <app@example.com>",
        To = new AddressField(true, ["b@example.net"]),
        Subject = "hello",
        Text = "t",
        MessageIdField = draft.Message.MessageId!,
    };
}
