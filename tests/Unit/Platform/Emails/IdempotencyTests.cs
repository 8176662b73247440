using System.Net;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class IdempotencyTests : IAsyncLifetime
{
    private const string Body = """{"from":"a@example.com","to":["b@example.net"],"subject":"s","text":"t"}""";
    private const string SameBody = """ { "text":"t","subject":"\u0073" , "to":[ "b@example.net"],"from":"a@example.com" } """;
    private const string OtherBody = """{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t"}""";

    private EmailApi _api = null!;

    public async Task InitializeAsync() => _api = await EmailApi.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task The_same_request_is_answered_with_the_same_id_and_sends_nothing()
    {
        var first = await _api.SendAsync(Body, "order-1");
        var again = await _api.SendAsync(SameBody, "order-1");

        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task Another_body_under_the_same_key_is_told_apart()
    {
        await _api.SendAsync(Body, "order-1");
        var other = await _api.SendAsync(OtherBody, "order-1");
        var batch = await _api.BatchAsync($"[{Body}]", "order-1");

        Assert.Equal((HttpStatusCode.Conflict, "NOT_UNIQUE"), (other.Status, other.Code));
        Assert.Equal("NOT_UNIQUE", batch.Code);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task A_batch_is_answered_with_the_same_ids_in_the_same_order()
    {
        var first = await _api.BatchAsync($"[{Body},{OtherBody}]", "k");
        var again = await _api.BatchAsync($"[{SameBody},{OtherBody}]", "k");

        Assert.Equal(first.Text, again.Text);
        Assert.Equal(2, await CountAsync());
    }

    [Fact]
    public async Task It_holds_across_a_restart()
    {
        var first = await _api.SendAsync(Body, "k");
        await _api.RestartAsync();

        Assert.Equal(first.Text, (await _api.SendAsync(Body, "k")).Text);
        Assert.Equal("NOT_UNIQUE", (await _api.SendAsync(OtherBody, "k")).Code);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task It_ends_after_a_day()
    {
        var first = await _api.SendAsync(Body, "k");
        _api.Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        var inTime = await _api.SendAsync(Body, "k");
        _api.Time.Advance(TimeSpan.FromSeconds(1));
        var later = await _api.SendAsync(OtherBody, "k");

        Assert.Equal(first.Text, inTime.Text);
        Assert.Equal(HttpStatusCode.OK, later.Status);
        Assert.NotEqual(first.Text, later.Text);
        Assert.Equal(2, await CountAsync());
    }

    [Fact]
    public async Task Accounts_do_not_share_keys()
    {
        var first = await _api.SendAsync(Body, "k", account: 1);
        var second = await _api.SendAsync(OtherBody, "k", account: 2);

        Assert.Equal(HttpStatusCode.OK, second.Status);
        Assert.NotEqual(first.Text, second.Text);
    }

    [Fact]
    public async Task A_key_in_work_is_told_to_come_again()
    {
        var gate = new TaskCompletionSource();
        _api.DomainGate = gate.Task;
        var first = _api.SendAsync(Body, "k");
        await _api.AtGate.Task;
        var second = await _api.SendAsync(SameBody, "k");
        gate.SetResult();

        Assert.Equal((HttpStatusCode.Conflict, "CONFLICT"), (second.Status, second.Code));
        Assert.True(second.RetryAfter > TimeSpan.Zero);
        Assert.Equal(HttpStatusCode.OK, (await first).Status);
        Assert.Equal((await first).Text, (await _api.SendAsync(Body, "k")).Text);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task Of_a_hundred_at_once_one_sends()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => _api.SendAsync(Body, "k"))));

        var sent = replies.Where(reply => reply.Status == HttpStatusCode.OK).Select(reply => reply.Text).Distinct();
        Assert.Single(sent);
        Assert.All(replies.Where(reply => reply.Status != HttpStatusCode.OK), reply => Assert.Equal("CONFLICT", reply.Code));
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task A_refused_request_does_not_use_up_its_key()
    {
        var refused = await _api.SendAsync("""{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t","templateId":"none"}""", "k");

        Assert.Equal(HttpStatusCode.NotFound, refused.Status);
        Assert.Equal(HttpStatusCode.OK, (await _api.SendAsync(Body, "k")).Status);
    }

    [Fact]
    public async Task A_key_has_1_to_256_characters()
    {
        Assert.Equal(HttpStatusCode.OK, (await _api.SendAsync(Body, new string('k', 256))).Status);
        Assert.StartsWith("Idempotency-Key: ", (await _api.SendAsync(Body, new string('k', 257))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Old_keys_are_forgotten_by_retention()
    {
        await _api.SendAsync(Body, "k");
        _api.Time.Advance(TimeSpan.FromHours(25));
        await _api.Stores.Queue.ApplyRetentionAsync(new Relay.Queue.RetentionRules(), CancellationToken.None);

        Assert.Null(await _api.Stores.Emails.FindIdempotencyAsync(1, "k", CancellationToken.None));
    }

    private async Task<int> CountAsync() => (await _api.GetAsync("/emails")).Json.GetProperty("count").GetInt32();
}
