using System.Text.Json;
using System.Text.Json.Nodes;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Webhooks;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>From delivery events to what webhooks are told, read back from the log.</summary>
public sealed class WebhookObserverTests : IAsyncLifetime, ISenderDomains
{
    private WebhookWorld World { get; set; } = null!;

    public async Task InitializeAsync() => World = await WebhookWorld.OpenAsync(domains: this);

    public Task DisposeAsync() => World.DisposeAsync().AsTask();

    public ValueTask<SendingDomain?> FindAsync(long accountId, DomainName name, CancellationToken cancellationToken) => ValueTask.FromResult<SendingDomain?>(
        name.Ascii != "example.com" ? null : new SendingDomain
        {
            Id = 42,
            Uid = Guid.NewGuid(),
            AccountId = accountId,
            Name = name,
            Region = "here",
            Status = DomainStatus.Success,
            CreatedAt = World.Now,
            UpdatedAt = World.Now,
        });

    [Fact]
    public async Task Tells_the_common_facts_of_a_message_whatever_door_it_came_by()
    {
        var webhook = await World.AddAsync();
        foreach (var door in new[] { Door.Smtp, Door.Http })
        {
            var id = await World.MailAsync(message => message with { Door = door, Tags = ["welcome"], Stream = MailStream.Broadcast }, "a@example.net", "b@example.net");

            var body = (await BodiesAsync(webhook))[0];
            Assert.Equal("email.queued", body.GetProperty("type").GetString());
            Assert.Equal("1", body.GetProperty("version").GetString());
            Assert.Equal("2030-01-01T00:00:00.000Z", body.GetProperty("createdAt").GetString());
            Assert.Equal(1, body.GetProperty("teamId").GetInt64());
            var data = body.GetProperty("data");
            Assert.Equal(id.ToString(), data.GetProperty("id").GetString());
            Assert.Equal("QUEUED", data.GetProperty("status").GetString());
            Assert.Equal("App <app@example.com>", data.GetProperty("from").GetString());
            Assert.Equal(["a@example.net", "b@example.net"], data.GetProperty("to").EnumerateArray().Select(to => to.GetString()));
            Assert.Equal("hello", data.GetProperty("subject").GetString());
            Assert.Equal(42, data.GetProperty("domainId").GetInt64());
            Assert.Equal("welcome", data.GetProperty("tags")[0].GetString());
            Assert.Equal("broadcast", data.GetProperty("stream").GetString());
        }
    }

    [Theory]
    [InlineData(DeliveryEventKind.Delivered, "email.sent email.delivered", "delivery")]
    [InlineData(DeliveryEventKind.Deferred, "email.delivery_delayed", "delay")]
    [InlineData(DeliveryEventKind.Bounced, "email.bounced", "bounce")]
    [InlineData(DeliveryEventKind.Expired, "email.failed", "failed")]
    [InlineData(DeliveryEventKind.Cancelled, "email.cancelled", null)]
    [InlineData(DeliveryEventKind.Suppressed, "email.suppressed", "suppression")]
    [InlineData(DeliveryEventKind.Captured, "email.sent", "delivery")]
    [InlineData(DeliveryEventKind.Opened, "email.opened", "open")]
    [InlineData(DeliveryEventKind.Clicked, "email.clicked", "click")]
    [InlineData(DeliveryEventKind.Complained, "email.complained", "complaint")]
    [InlineData(DeliveryEventKind.Unsubscribed, "email.unsubscribed", "unsubscribe")]
    [InlineData(DeliveryEventKind.Rescheduled, "email.scheduled", null)]
    [InlineData(DeliveryEventKind.RenderingFailed, "email.rendering_failure", "failed")]
    [InlineData(DeliveryEventKind.Held, "", null)]
    [InlineData(DeliveryEventKind.Released, "", null)]
    [InlineData(DeliveryEventKind.RetryRequested, "", null)]
    public async Task Names_each_kind_of_event(DeliveryEventKind kind, string types, string? particulars)
    {
        var id = await World.MailAsync();
        var webhook = await World.AddAsync();

        await World.HappensAsync(id, kind);

        var bodies = await BodiesAsync(webhook);
        Assert.Equal(types, string.Join(' ', bodies.Reverse().Select(body => body.GetProperty("type").GetString())));
        Assert.All(bodies, body => Assert.Equal("user@example.net", body.GetProperty("data").GetProperty("to")[0].GetString()));
        Assert.All(bodies, body => Assert.True(particulars is null || body.GetProperty("data").TryGetProperty(particulars, out _)));
    }

    [Fact]
    public async Task A_refusal_by_our_own_rules_is_told_as_rejected()
    {
        var id = await World.MailAsync();
        var webhook = await World.AddAsync();

        await World.HappensAsync(id, DeliveryEventKind.Bounced, happened => happened with { Fault = FaultSide.Relay, Class = "signing" });

        var body = Assert.Single(await BodiesAsync(webhook));
        Assert.Equal("email.rejected", body.GetProperty("type").GetString());
        Assert.Equal("signing", body.GetProperty("data").GetProperty("rejection").GetProperty("class").GetString());
    }

    [Fact]
    public async Task Tells_why_a_message_bounced_and_when_the_next_attempt_is()
    {
        var id = await World.MailAsync();
        var webhook = await World.AddAsync();
        DeliveryEvent Failed(DeliveryEvent happened) => happened with
        {
            Class = "bad-mailbox",
            ReplyCode = 550,
            EnhancedCode = "5.1.1",
            Text = "no such user",
            RemoteHost = "mx.example.net",
            NextAttempt = World.Now.AddMinutes(5),
        };

        await World.HappensAsync(id, DeliveryEventKind.Bounced, Failed);
        await World.HappensAsync(id, DeliveryEventKind.Deferred, Failed);

        var bodies = await BodiesAsync(webhook);
        var bounce = bodies[1].GetProperty("data").GetProperty("bounce");
        Assert.Equal("Permanent", bounce.GetProperty("type").GetString());
        Assert.Equal("bad-mailbox", bounce.GetProperty("class").GetString());
        Assert.Equal(550, bounce.GetProperty("code").GetInt32());
        Assert.Equal("5.1.1", bounce.GetProperty("enhancedCode").GetString());
        Assert.Equal("no such user", bounce.GetProperty("message").GetString());
        Assert.Equal("Transient", bodies[0].GetProperty("data").GetProperty("delay").GetProperty("type").GetString());
        Assert.Equal("2030-01-01T00:05:00.000Z", bodies[0].GetProperty("data").GetProperty("nextAttempt").GetString());
    }

    [Fact]
    public async Task Tells_which_link_was_followed_by_whom()
    {
        var id = await World.MailAsync();
        var webhook = await World.AddAsync();

        await World.HappensAsync(id, DeliveryEventKind.Clicked, happened => happened with
        {
            Url = "https://shop.example/?a=1&b=2",
            UserAgent = "Browser",
            ClientAddress = "192.0.2.9",
            IsMachine = false,
        });

        var click = Assert.Single(await BodiesAsync(webhook)).GetProperty("data").GetProperty("click");
        Assert.Equal("https://shop.example/?a=1&b=2", click.GetProperty("url").GetString());
        Assert.Equal("Browser", click.GetProperty("userAgent").GetString());
        Assert.Equal("192.0.2.9", click.GetProperty("ip").GetString());
        Assert.False(click.GetProperty("isMachine").GetBoolean());
    }

    [Fact]
    public async Task The_same_events_again_are_not_told_twice()
    {
        var webhook = await World.AddAsync();
        await World.MailAsync();
        var events = await World.Stores.Outbox.ReadAsync(0, 500, default);

        await World.Observer.ObserveAsync(events, default);

        Assert.Single(await World.LogAsync(webhook));
        Assert.Equal(events[^1].Sequence, await World.Observer.CursorAsync(default));
    }

    [Fact]
    public async Task The_cursor_moves_without_webhooks_too()
    {
        await World.MailAsync();

        Assert.True(await World.Observer.CursorAsync(default) > 0);
    }

    [Fact]
    public async Task The_event_keeps_one_id_for_all_webhooks_that_hear_of_it()
    {
        var first = await World.AddAsync();
        var second = await World.AddAsync();

        await World.MailAsync();

        var one = Assert.Single(await World.LogAsync(first));
        var other = Assert.Single(await World.LogAsync(second));
        Assert.Equal(one.EventUid, other.EventUid);
        Assert.NotEqual(one.Uid, other.Uid);
        Assert.Equal(PublicId.Text(one.EventUid), Assert.Single(await BodiesAsync(first)).GetProperty("id").GetString());
    }

    [Fact]
    public async Task Tells_each_webhook_what_it_wants_only()
    {
        var bounces = await World.AddAsync(webhook => webhook with { Events = ["email.bounced"] });
        var domain = await World.AddAsync(webhook => webhook with { Filters = new WebhookFilters { Domains = ["other.example"] } });
        var domainId = await World.AddAsync(webhook => webhook with { Filters = new WebhookFilters { Domains = ["42"] } });
        var tag = await World.AddAsync(webhook => webhook with { Filters = new WebhookFilters { Tags = ["receipt", "welcome"] } });
        var stream = await World.AddAsync(webhook => webhook with { Filters = new WebhookFilters { Stream = MailStream.Broadcast } });
        var foreign = await World.AddAsync(accountId: 2);
        var off = await World.AddAsync(webhook => webhook with { Status = WebhookStatus.Inactive });
        var failing = await World.AddAsync(webhook => webhook with { Status = WebhookStatus.Error });

        await World.MailAsync(message => message with { Tags = ["welcome"] });

        Assert.Empty(await World.LogAsync(bounces));
        Assert.Empty(await World.LogAsync(domain));
        Assert.Single(await World.LogAsync(domainId));
        Assert.Single(await World.LogAsync(tag));
        Assert.Empty(await World.LogAsync(stream));
        Assert.Empty(await World.LogAsync(foreign));
        Assert.Empty(await World.LogAsync(off));
        Assert.Single(await World.LogAsync(failing));
    }

    [Fact]
    public async Task What_happened_before_a_webhook_was_made_is_not_told_to_it()
    {
        var draft = Support.Drafts.Message(World.Now, "user@example.net");
        await World.Stores.Queue.EnqueueAsync([draft]);
        World.Time.Advance(TimeSpan.FromSeconds(1));
        var webhook = await World.AddAsync();

        await World.PumpAsync();

        Assert.Empty(await World.LogAsync(webhook));
    }

    [Fact]
    public async Task Publishes_what_concerns_no_mail_with_its_domain_for_the_filters()
    {
        var all = await World.AddAsync();
        var same = await World.AddAsync(webhook => webhook with { Filters = new WebhookFilters { Domains = ["example.com"] } });
        var other = await World.AddAsync(webhook => webhook with { Filters = new WebhookFilters { Domains = ["other.example"] } });

        await World.Publisher.PublishAsync(
            new WebhookNotice
            {
                AccountId = 1,
                Type = "domain.verified",
                At = World.Now,
                Domain = "example.com",
                DomainId = 42,
                Data = new JsonObject { ["id"] = 42, ["name"] = "example.com" },
            },
            default);

        Assert.Equal("example.com", Assert.Single(await BodiesAsync(all)).GetProperty("data").GetProperty("name").GetString());
        Assert.Single(await World.LogAsync(same));
        Assert.Empty(await World.LogAsync(other));
    }

    [Fact]
    public async Task Refuses_to_publish_types_nobody_knows() => await Assert.ThrowsAsync<ArgumentException>(
        async () => await World.Publisher.PublishAsync(new WebhookNotice { AccountId = 1, Type = "domain.sold", At = World.Now, Data = [] }, default));

    [Fact]
    public void Every_type_that_events_become_is_listed_with_its_meaning()
    {
        foreach (var kind in Enum.GetValues<DeliveryEventKind>())
        {
            var types = WebhookTypes.Of(new DeliveryEvent { Kind = kind, At = World.Now, MessageId = QueueId.New(World.Now) });
            Assert.All(types, type => Assert.True(WebhookTypes.IsKnown(type.Type), type.Type));
        }

        Assert.All(WebhookTypes.All, type => Assert.NotEmpty(type.Meaning));
        var events = File.ReadAllText(Path.Combine(Support.TestData.Root, "docs", "events.md"));
        Assert.All(WebhookTypes.All, type => Assert.Contains($"`{type.Type}`", events, StringComparison.Ordinal));
    }

    // Newest first.
    private async Task<IReadOnlyList<JsonElement>> BodiesAsync(Webhook webhook)
    {
        var bodies = new List<JsonElement>();
        foreach (var listed in await World.LogAsync(webhook))
        {
            var delivery = await World.Stores.WebhookDeliveries.FindAsync(webhook.Id, listed.Uid, default);
            bodies.Add(JsonElement.Parse(delivery!.Body.Span));
        }

        return bodies;
    }
}
