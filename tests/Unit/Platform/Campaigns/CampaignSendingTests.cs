using System.Net;
using Relay.Platform.Campaigns;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>From a book into the queue: once for each contact, whatever comes in between.</summary>
public sealed class CampaignSendingTests : IAsyncLifetime
{
    private CampaignWorld _world = null!;

    public async Task InitializeAsync() => _world = await CampaignWorld.StartAsync(new CampaignOptions { MaxQueued = 1_000, JudgeAfter = 20 });

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Every_subscribed_contact_gets_its_own_copy_once()
    {
        _world.Audience.Add("bob@example.net", firstName: "Bob <b>");
        _world.Audience.Add("gone@example.net", isSubscribed: false);
        _world.Audience.Add("carol@example.net");
        var id = await _world.CreatedAsync(""","sendNow":true,"previewText":"A & B","replyTo":"answers@example.com","tags":["spring"]""");

        await _world.RunAsync();

        var queued = await _world.QueuedAsync();
        Assert.Equal(["bob@example.net", "carol@example.net"], queued.Select(entry => entry.Recipient.Address.ToString()));
        Assert.All(queued, entry => Assert.Equal((MailStream.Broadcast, Door.Http), (entry.Message.Stream, entry.Message.Door)));
        Assert.All(queued, entry => Assert.Equal(["spring"], entry.Message.Tags));
        var mail = await _world.EntityAsync(queued[0].Message.Id);
        Assert.Equal(("Hello Bob <b>", "bob@example.net", "answers@example.com"), (mail.Header.Text("Subject"), mail.Header.Text("To"), mail.Header.Text("Reply-To")));
        Assert.Equal(("<https://mail.example.com/u/token>", "List-Unsubscribe=One-Click"), (mail.Header.Value("List-Unsubscribe"), mail.Header.Value("List-Unsubscribe-Post")));
        Assert.Contains("<p>Hi Bob &lt;b&gt;</p>", mail.Children[1].GetText(), StringComparison.Ordinal);
        Assert.Contains("A &amp; B</div>", mail.Children[1].GetText(), StringComparison.Ordinal);
        Assert.Contains("href=\"https://mail.example.com/u/token\"", mail.Children[1].GetText(), StringComparison.Ordinal);
        Assert.Contains("Hi Bob <b>", mail.Children[0].GetText(), StringComparison.Ordinal);
        Assert.Contains("Hi there", (await _world.EntityAsync(queued[1].Message.Id)).Children[1].GetText(), StringComparison.Ordinal);
        var campaign = await _world.CampaignAsync(id);
        Assert.Equal(("COMPLETED", 2), (campaign.GetProperty("status").GetString(), campaign.GetProperty("total").GetInt32()));
        Assert.Equal((2, 0, 0), Progress(campaign, "queued", "skipped", "remaining"));
    }

    [Fact]
    public async Task It_goes_on_where_it_was_when_the_server_ended_in_its_middle()
    {
        _world.Audience.Add(350);
        var id = await _world.CreatedAsync(""","sendNow":true""");
        await _world.Runner.TurnAsync(CancellationToken.None);
        await _world.Runner.TurnAsync(CancellationToken.None);
        Assert.Equal(200, (await _world.QueuedAsync()).Count);

        await _world.RestartAsync();
        await _world.RunAsync();

        var queued = await _world.QueuedAsync();
        Assert.Equal(350, queued.Count);
        Assert.Equal(350, queued.Select(entry => entry.Recipient.Address.ToString()).Distinct().Count());
        Assert.Equal("COMPLETED", (await _world.CampaignAsync(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_pause_between_reading_and_queueing_lets_nothing_through()
    {
        _world.Audience.Add(150);
        var id = await _world.CreatedAsync(""","sendNow":true""");
        var pages = 0;
        _world.Audience.OnPage = () =>
        {
            if (++pages == 2)
            {
                Assert.Equal(HttpStatusCode.OK, _world.PostAsync($"/campaigns/{id}/pause").GetAwaiter().GetResult().Status);
            }
        };

        await _world.RunAsync();

        var queued = await _world.QueuedAsync();
        Assert.Equal(100, queued.Count);
        Assert.All(queued, entry => Assert.Equal(RecipientState.Held, entry.Recipient.State));
        Assert.Equal("PAUSED", (await _world.CampaignAsync(id)).GetProperty("status").GetString());

        await _world.PostAsync($"/campaigns/{id}/resume");
        await _world.RunAsync();

        queued = await _world.QueuedAsync();
        Assert.Equal((150, 150), (queued.Count, queued.Select(entry => entry.Recipient.Address).Distinct().Count()));
        Assert.All(queued, entry => Assert.Equal(RecipientState.Ready, entry.Recipient.State));
    }

    [Fact]
    public async Task A_cancelled_campaign_takes_back_what_waits_and_stays_cancelled()
    {
        _world.Audience.Add(250);
        var id = await _world.CreatedAsync(""","sendNow":true""");
        await _world.Runner.TurnAsync(CancellationToken.None);

        Assert.Equal(HttpStatusCode.OK, (await _world.PostAsync($"/campaigns/{id}/cancel")).Status);
        await _world.RunAsync();

        var queued = await _world.QueuedAsync();
        Assert.Equal(100, queued.Count);
        Assert.All(queued, entry => Assert.Equal(RecipientState.Cancelled, entry.Recipient.State));
        var resumed = await _world.PostAsync($"/campaigns/{id}/resume");
        Assert.Equal((HttpStatusCode.BadRequest, "a campaign that is CANCELLED cannot be resumed"), (resumed.Status, resumed.Message));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_campaign_is_gone_at_once_and_its_rows_piece_by_piece_across_a_restart(bool isCancelled)
    {
        _world.Audience.Add(2_500);
        _world.Campaigns = _world.Campaigns with { MaxQueued = 5_000 };
        await _world.RestartAsync();
        var id = await _world.CreatedAsync(""","sendNow":true""");
        var other = await _world.CreatedAsync();
        await _world.RunAsync();
        var queued = await _world.QueuedAsync();
        var row = (await _world.Stores.Campaigns.FindAsync(1, Guid.Parse(id), CancellationToken.None))!.Id;
        if (isCancelled)
        {
            // A cancelled one whose mail in the queue has not been taken back yet.
            await _world.Stores.Campaigns.ChangeAsync(
                row, campaign => campaign with { Status = CampaignStatus.Cancelled, Progress = campaign.Progress with { Act = QueuedAct.Cancel } }, CancellationToken.None);
        }

        Assert.Equal(HttpStatusCode.OK, (await _world.CallAsync(HttpMethod.Delete, "/campaigns/" + id, null)).Status);

        Assert.Equal(HttpStatusCode.NotFound, (await _world.GetAsync("/campaigns/" + id)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _world.CallAsync(HttpMethod.Delete, "/campaigns/" + id, null)).Status);
        Assert.Equal([other], (await _world.GetAsync("/campaigns")).Json.GetProperty("campaigns").EnumerateArray().Select(campaign => campaign.GetProperty("id").GetString()));
        Assert.Equal(2_500, await RowsAsync(row));
        await _world.Runner.TurnAsync(CancellationToken.None);
        Assert.InRange(await RowsAsync(row), isCancelled ? 2_500 : 1_500, 2_500);

        await _world.RestartAsync();
        await _world.RunAsync();

        Assert.Equal(0, await RowsAsync(row));
        Assert.Null(await _world.Stores.Campaigns.FindAsync(row, CancellationToken.None));
        var state = isCancelled ? RecipientState.Cancelled : RecipientState.Ready;
        Assert.Equal(queued.Count, (await _world.QueuedAsync()).Count(entry => entry.Recipient.State == state));
    }

    [Fact]
    public async Task Who_leaves_before_it_comes_to_them_gets_nothing_and_who_had_left_before_does_not_count()
    {
        _world.Audience.Add(150);
        Leave(120, TimeSpan.FromDays(-3));
        Leave(121, TimeSpan.FromTicks(-1));
        _world.Audience.Members[122] = _world.Audience.Members[122] with { IsSubscribed = false };
        _world.Audience.Add(3);
        var id = await _world.CreatedAsync(""","sendNow":true""");
        await _world.Runner.TurnAsync(CancellationToken.None);
        Assert.Equal((100, 0, 50), Progress(await _world.CampaignAsync(id), "queued", "skipped", "remaining"));
        Leave(149, TimeSpan.Zero);

        await _world.RunAsync();

        Assert.Equal(149, (await _world.QueuedAsync()).Count);
        Assert.Equal(150, (await _world.CampaignAsync(id)).GetProperty("total").GetInt32());
        Assert.Equal((149, 1, 0), Progress(await _world.CampaignAsync(id), "queued", "skipped", "remaining"));
    }

    [Fact]
    public async Task It_waits_for_its_time()
    {
        _world.Audience.Add(1);
        var id = await _world.CreatedAsync(""","scheduledAt":"tomorrow 9am","timeZone":"America/New_York" """);

        Assert.Equal("2026-12-02T14:00:00.000Z", (await _world.CampaignAsync(id)).GetProperty("scheduledAt").GetString());
        await _world.RunAsync();
        Assert.Empty(await _world.QueuedAsync());
        Assert.Equal("schedule", Limiter(await _world.CampaignAsync(id)));

        _world.Time.Advance(TimeSpan.FromHours(26));
        await _world.RunAsync();
        Assert.Single(await _world.QueuedAsync());
    }

    [Fact]
    public async Task No_more_wait_in_the_queue_than_may()
    {
        _world.Audience.Add(1_200);
        var id = await _world.CreatedAsync(""","sendNow":true""");

        await _world.RunAsync();
        Assert.Equal(1_000, (await _world.QueuedAsync()).Count);
        Assert.Equal("queue", Limiter(await _world.CampaignAsync(id)));

        foreach (var entry in (await _world.QueuedAsync()).Take(150))
        {
            await _world.Stores.Outbox.AppendAsync([new DeliveryEvent { Kind = DeliveryEventKind.Delivered, At = _world.Time.GetUtcNow(), MessageId = entry.Message.Id, Recipient = entry.Recipient.Address.ToString() }]);
        }

        await _world.FollowAsync();
        await _world.RunAsync();
        Assert.Equal(1_150, (await _world.QueuedAsync()).Count);
    }

    [Fact]
    public async Task Batches_wait_for_their_windows()
    {
        _world.Audience.Add(250);
        var id = await _world.CreatedAsync(""","sendNow":true,"batchSize":120,"batchWindowMinutes":30""");

        var next = await _world.RunAsync();
        Assert.Equal(120, (await _world.QueuedAsync()).Count);
        var campaign = await _world.CampaignAsync(id);
        Assert.Equal("batch", Limiter(campaign));
        Assert.Equal(_world.Time.GetUtcNow().AddMinutes(30), campaign.GetProperty("progress").GetProperty("limitedUntil").GetDateTimeOffset());
        Assert.Equal(_world.Time.GetUtcNow().AddMinutes(60), campaign.GetProperty("progress").GetProperty("estimatedEndAt").GetDateTimeOffset());
        Assert.True(next <= _world.Time.GetUtcNow().AddMinutes(30));

        _world.Time.Advance(TimeSpan.FromMinutes(30));
        await _world.RunAsync();
        Assert.Equal(240, (await _world.QueuedAsync()).Count);
        _world.Time.Advance(TimeSpan.FromMinutes(30));
        await _world.RunAsync();
        Assert.Equal(250, (await _world.QueuedAsync()).Count);
    }

    [Fact]
    public async Task A_quota_lets_through_what_is_left_and_waits_for_more()
    {
        _world.Audience.Add(130);
        _world.Quota = 60;
        var id = await _world.CreatedAsync(""","sendNow":true""");

        await _world.RunAsync();
        Assert.Equal(60, (await _world.QueuedAsync()).Count);
        Assert.Equal(0, _world.Quota);
        Assert.Equal("quota", Limiter(await _world.CampaignAsync(id)));

        _world.Quota = 1_000;
        await _world.RunAsync();
        Assert.Equal((130, 930), ((await _world.QueuedAsync()).Count, _world.Quota));
    }

    [Fact]
    public async Task Those_in_cc_and_bcc_count_as_recipients_of_each_message()
    {
        _world.Audience.Add(5);
        _world.Quota = 100;
        await _world.CreatedAsync(""","sendNow":true,"cc":["c@example.net"],"bcc":["d@example.net","e@example.net"]""");

        await _world.RunAsync();
        Assert.Equal((95, 20), (_world.Quota, _world.QuotaRecipients));
    }

    [Fact]
    public async Task Mail_waits_for_the_window_on_the_recipients_clock()
    {
        _world.Audience.Add("berlin@example.net", properties: ("timezone", "Europe/Berlin"));
        _world.Audience.Add("tokyo@example.net", properties: ("timezone", "Asia/Tokyo"));
        _world.Audience.Add("nowhere@example.net", properties: ("timezone", "Mars/Base"));
        await _world.CreatedAsync(""","sendNow":true,"timeZone":"America/New_York","sendWindow":{"from":"09:00","to":"17:00","days":[1,2,3,4,5],"byRecipient":true}""");

        await _world.RunAsync();

        // It is Tuesday, 12:00 UTC: 13:00 in Berlin, 21:00 in Tokyo, 07:00 in New York.
        var times = (await _world.QueuedAsync()).Select(entry => entry.Message.NotBefore?.ToString("ddd HH:mm", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal([null, "Wed 00:00", "Tue 14:00"], times);
    }

    [Fact]
    public async Task Counts_tell_what_became_of_it_each_once()
    {
        _world.Audience.Add(4);
        var id = await _world.CreatedAsync(""","sendNow":true""");
        await _world.RunAsync();
        var queued = await _world.QueuedAsync();

        await _world.TellAsync(queued[0], DeliveryEventKind.Delivered);
        await _world.TellAsync(queued[0], DeliveryEventKind.Opened, isMachine: true);
        await _world.TellAsync(queued[0], DeliveryEventKind.Clicked, isMachine: false);
        await _world.TellAsync(queued[0], DeliveryEventKind.Clicked, isMachine: false);
        await _world.TellAsync(queued[1], DeliveryEventKind.Bounced, FaultSide.Recipient);
        await _world.TellAsync(queued[2], DeliveryEventKind.Bounced, FaultSide.Destination);
        await _world.TellAsync(queued[3], DeliveryEventKind.Delivered);
        await _world.TellAsync(queued[3], DeliveryEventKind.Unsubscribed);
        await _world.TellAsync(queued[3], DeliveryEventKind.Complained);
        await _world.RestartAsync();
        await _world.FollowAsync();

        var campaign = await _world.CampaignAsync(id);
        string[] names = ["sent", "delivered", "opened", "clicked", "unsubscribed", "bounced", "hardBounced", "complained"];
        Assert.Equal([2, 2, 1, 1, 1, 2, 1, 1], names.Select(name => campaign.GetProperty(name).GetInt32()));
        Assert.Equal(0, campaign.GetProperty("progress").GetProperty("waiting").GetInt32());
    }

    [Fact]
    public async Task Others_who_get_a_copy_are_not_counted()
    {
        _world.Audience.Add(1);
        var id = await _world.CreatedAsync(""","sendNow":true,"cc":"boss@example.org","bcc":["log@example.org"]""");
        await _world.RunAsync();
        var queued = await _world.QueuedAsync();
        Assert.Equal(["boss@example.org", "c1@example.net", "log@example.org"], queued.Select(entry => entry.Recipient.Address.ToString()).Order());

        await _world.TellAsync(queued.Single(entry => entry.Recipient.Address.ToString() == "boss@example.org"), DeliveryEventKind.Bounced, FaultSide.Recipient);
        await _world.TellAsync(queued.Single(entry => entry.Recipient.Address.ToString() == "c1@example.net"), DeliveryEventKind.Delivered);

        var campaign = await _world.CampaignAsync(id);
        Assert.Equal((0, 1), (campaign.GetProperty("bounced").GetInt32(), campaign.GetProperty("delivered").GetInt32()));
    }

    [Fact]
    public async Task Too_many_bounces_stop_it_until_its_owner_says_otherwise()
    {
        _world.Audience.Add(300);
        var id = await _world.CreatedAsync(""","sendNow":true""");
        await _world.Runner.TurnAsync(CancellationToken.None);
        foreach (var entry in (await _world.QueuedAsync()).Take(20))
        {
            await _world.TellAsync(entry, DeliveryEventKind.Bounced, FaultSide.Recipient);
        }

        await _world.RunAsync();

        var campaign = await _world.CampaignAsync(id);
        Assert.Equal("PAUSED", campaign.GetProperty("status").GetString());
        Assert.Equal("20 of 20 recipients bounced (100.0 %), more than the 5 % allowed", campaign.GetProperty("progress").GetProperty("stopReason").GetString());

        await _world.PostAsync($"/campaigns/{id}/resume");
        await _world.RunAsync();
        Assert.Equal("COMPLETED", (await _world.CampaignAsync(id)).GetProperty("status").GetString());
        Assert.Equal(300, (await _world.QueuedAsync()).Count);
    }

    [Fact]
    public async Task What_cannot_go_on_is_paused_with_its_reason()
    {
        _world.Audience.Add(1);
        var id = await _world.CreatedAsync(""","scheduledAt":"in 1 hour" """);
        _world.Audience.IsGone = true;
        _world.Time.Advance(TimeSpan.FromHours(1));

        await _world.RunAsync();

        var campaign = await _world.CampaignAsync(id);
        Assert.Equal(("PAUSED", "its contact book was removed"), (campaign.GetProperty("status").GetString(), campaign.GetProperty("progress").GetProperty("stopReason").GetString()));
    }

    [Fact]
    public async Task A_template_and_blocks_make_mail_too()
    {
        _world.Audience.Add(1);
        var template = await _world.Stores.Templates.AddAsync(
            new Platform.Templates.Template
            {
                Uid = Guid.CreateVersion7(),
                AccountId = 1,
                Name = "t",
                Version = 1,
                Content = new Platform.Templates.TemplateContent { Html = "x" },
                CreatedAt = _world.Time.GetUtcNow(),
                UpdatedAt = _world.Time.GetUtcNow(),
            },
            10,
            CancellationToken.None);
        const string blocks = """{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"Dear "},{"type":"variable","attrs":{"id":"firstName","fallback":"friend"}}]},{"type":"unsubscribeFooter"}]}""";
        Assert.Equal(HttpStatusCode.OK, (await _world.PostAsync("/campaigns", _world.Body($",\"sendNow\":true,\"templateId\":\"{template!.Uid}\"", null))).Status);
        Assert.Equal(HttpStatusCode.OK, (await _world.PostAsync("/campaigns", _world.Body($",\"sendNow\":true,\"content\":{System.Text.Json.JsonSerializer.Serialize(blocks)}", null))).Status);

        await _world.RunAsync();

        var texts = new List<string>();
        foreach (var entry in await _world.QueuedAsync())
        {
            texts.Add((await _world.EntityAsync(entry.Message.Id)).Children[1].GetText());
        }

        Assert.Contains(texts, text => text.Contains("<p>c1@example.net https://mail.example.com/u/token</p>", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.Contains("<p>Dear friend</p>", StringComparison.Ordinal));
    }

    private static (int, int, int) Progress(System.Text.Json.JsonElement campaign, string a, string b, string c)
    {
        var progress = campaign.GetProperty("progress");
        return (progress.GetProperty(a).GetInt32(), progress.GetProperty(b).GetInt32(), progress.GetProperty(c).GetInt32());
    }

    private void Leave(int index, TimeSpan after) => _world.Audience.Members[index] =
        _world.Audience.Members[index] with { IsSubscribed = false, LeftAt = _world.Time.GetUtcNow() + after };

    private async Task<int> RowsAsync(long campaignId) => (await _world.Stores.Campaigns.OpenMessagesAsync(campaignId, 0, 10_000, CancellationToken.None)).Count;

    private static string? Limiter(System.Text.Json.JsonElement campaign) => campaign.GetProperty("progress").GetProperty("limiter").GetString();
}
